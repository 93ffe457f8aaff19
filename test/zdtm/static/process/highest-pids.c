// SPDX-License-Identifier: GPL-2.0-only
/* Processes and threads with the highest numbers there are, and one with a low number as the child of such a one.
 *
 * kinds: identity
 */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int max;
static pid_t tid;

static void next_pid_is(int pid)
{
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);

	if (fd < 0)
		skip("ns_last_pid cannot be set");
	if (dprintf(fd, "%d", pid - 1) < 0)
		skip("ns_last_pid cannot be written");
	close(fd);
}

static int pid_max(void)
{
	char text[32] = "";
	int fd = must(open("/proc/sys/kernel/pid_max", O_RDONLY));

	must(read(fd, text, sizeof(text) - 1));
	close(fd);
	return atoi(text);
}

static void low(void *arg)
{
	pid_t pid = getpid();

	test_ready();
	test_wait();
	check(getpid() == pid && pid < max / 2, "pid %d instead of %d", getpid(), pid);
}

static void *thread(void *arg)
{
	pid_t number = gettid();

	__atomic_store_n(&tid, number, __ATOMIC_SEQ_CST);
	test_wait();
	check(gettid() == number, "tid %d instead of %d", gettid(), number);
	return NULL;
}

static void high(void *arg)
{
	pid_t pid = getpid(), child;
	pthread_t other;

	pthread_create(&other, NULL, thread, NULL);
	while (!__atomic_load_n(&tid, __ATOMIC_SEQ_CST))
		sched_yield();
	child = test_child(low, NULL);
	test_ready();
	test_wait();
	pthread_join(other, NULL);
	check(getpid() == pid && pid == max - 2, "pid %d instead of %d", getpid(), pid);
	test_end_child(child);
}

int main(int argc, char **argv)
{
	pid_t child;

	test_init(argc, argv);
	max = pid_max();
	next_pid_is(max - 2);
	child = test_child(high, NULL);
	test_ready();
	test_wait();
	test_end_child(child);
	pass();
}
