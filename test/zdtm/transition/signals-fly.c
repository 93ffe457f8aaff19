// SPDX-License-Identifier: GPL-2.0-only
/* Two processes signal each other all the time with numbered real-time signals; none is lost or comes twice.
 *
 * flavours: host ns compat
 * not-compared: pending
 */
#include "test.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

static sigset_t set;

/* The next number, or -1 when the test is to end. */
static int receive(void)
{
	struct timespec limit = { .tv_nsec = 100000000 };
	siginfo_t info;

	while (!test_stopped())
		if (sigtimedwait(&set, &info, &limit) > 0)
			return info.si_value.sival_int;
	return -1;
}

static void send(pid_t pid, int number)
{
	must(sigqueue(pid, SIGRTMIN, (union sigval){ .sival_int = number }));
}

static void child(void *arg)
{
	int number = 0, got;

	test_ready();
	while ((got = receive()) >= 0) {
		check(got == number, "got %d instead of %d", got, number);
		send(getppid(), number++);
	}
}

int main(int argc, char **argv)
{
	int number = 0, got = 0;
	pid_t pid;

	test_init(argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	pid = test_child(child, NULL);
	test_ready();
	while (got >= 0) {
		send(pid, number);
		got = receive();
		check(got == number || got < 0, "got %d instead of %d", got, number);
		number++;
	}
	test_end_child(pid);
	pass();
}
