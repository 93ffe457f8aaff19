// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of first threads (PIDFD_THREAD): a signal goes to the thread, not to the process.
 *
 * kinds: pidfd
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile sig_atomic_t got;

static void count(int number)
{
	got++;
}

static void child_body(void *arg)
{
	signal(SIGUSR1, count);
	test_ready();
	test_wait();
	check(got == 1, "%d signals came", got);
}

int main(int argc, char **argv)
{
	int fd, self;
	pid_t child;

	test_init(argc, argv);
	self = (int)syscall(SYS_pidfd_open, getpid(), O_EXCL);
	if (self < 0 && errno == EINVAL)
		skip("PIDFD_THREAD needs Linux 6.9");
	child = test_child(child_body, NULL);
	fd = must(syscall(SYS_pidfd_open, child, O_EXCL | O_NONBLOCK));
	test_ready();
	test_wait();
	check(fcntl(fd, F_GETFL) == (O_RDWR | O_EXCL | O_NONBLOCK), "flags %o", fcntl(fd, F_GETFL));
	check(fcntl(self, F_GETFL) == (O_RDWR | O_EXCL), "flags %o", fcntl(self, F_GETFL));
	must(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0));
	test_end_child(child);
	check(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) < 0 && errno == ESRCH, "the child lives");
	pass();
}
