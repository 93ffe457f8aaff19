// SPDX-License-Identifier: GPL-2.0-only
/* Files that cannot be opened again, each named: of a process outside of the tree, of a thread, a device with state, a name
 * that another file has now while a further one is left, one below a mount.
 *
 * refuses: belongs to process 1; belong to a thread; /dev/loop-control; this name of the file was deleted
 * kinds: regular
 */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

static pid_t other;

static void *wait_in_thread(void *unused)
{
	__atomic_store_n(&other, gettid(), __ATOMIC_SEQ_CST);
	test_wait();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	char name[64];
	int linked;

	test_init(argc, argv);
	check(!pthread_create(&thread, NULL, wait_in_thread, NULL), "pthread_create");
	while (!__atomic_load_n(&other, __ATOMIC_SEQ_CST))
		sched_yield();
	must(open("/proc/1/status", O_RDONLY));
	snprintf(name, sizeof(name), "/proc/self/task/%d/status", other);
	must(open(name, O_RDONLY));
	if (access("/dev/loop-control", R_OK) < 0)
		skip("there is no /dev/loop-control");
	must(open("/dev/loop-control", O_RDONLY));
	linked = must(open("one", O_RDWR | O_CREAT, 0600));
	must(link("one", "two"));
	must(unlink("one"));
	test_ready();
	test_wait();
	must(write(linked, "x", 1));
	check(!pthread_join(thread, NULL), "pthread_join");
	pass();
}
