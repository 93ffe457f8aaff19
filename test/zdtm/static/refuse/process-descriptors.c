// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of a process outside of the tree, and of a thread that is not the first of its process.
 *
 * refuses: which is not in the tree; only processes and first threads
 * kinds: pidfd
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int tid;

static void *wait_here(void *arg)
{
	tid = (int)syscall(SYS_gettid);
	test_wait();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int outside, of_thread;

	test_init(argc, argv);
	outside = must(syscall(SYS_pidfd_open, 1, 0));
	check(pthread_create(&thread, NULL, wait_here, NULL) == 0, "no thread");
	while (!tid)
		usleep(100);
	of_thread = (int)syscall(SYS_pidfd_open, tid, O_EXCL);
	if (of_thread < 0 && errno == EINVAL)
		skip("PIDFD_THREAD needs Linux 6.9");
	test_ready();
	test_wait();
	check(syscall(SYS_pidfd_send_signal, outside, 0, NULL, 0) == 0, "the process is gone");
	check(pthread_join(thread, NULL) == 0, "no join");
	pass();
}
