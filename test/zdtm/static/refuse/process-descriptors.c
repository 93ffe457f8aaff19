// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of a process outside of the tree, and one of a thread that is not the first of its process which two processes
 * share, or which is in flight.
 *
 * refuses: which is not in the tree; in one table of descriptors only
 * kinds: pidfd
 */
#include "messages.h"
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

static void child_body(void *argument)
{
	test_ready();
	test_wait();
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int outside, of_thread, in_flight, pair[2];
	pid_t child;

	test_init(argc, argv);
	outside = must(syscall(SYS_pidfd_open, 1, 0));
	check(pthread_create(&thread, NULL, wait_here, NULL) == 0, "no thread");
	while (!tid)
		usleep(100);
	of_thread = (int)syscall(SYS_pidfd_open, tid, O_EXCL);
	if (of_thread < 0 && errno == EINVAL)
		skip("PIDFD_THREAD needs Linux 6.9");
	in_flight = must(syscall(SYS_pidfd_open, tid, O_EXCL));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	message_send_fd(pair[0], "x", in_flight);
	must(close(in_flight));
	child = test_child(child_body, NULL);
	test_ready();
	test_wait();
	test_end_child(child);
	check(syscall(SYS_pidfd_send_signal, outside, 0, NULL, 0) == 0, "the process is gone");
	check(pthread_join(thread, NULL) == 0, "no join");
	pass();
}
