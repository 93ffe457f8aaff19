// SPDX-License-Identifier: GPL-2.0-only
/* Signal descriptors: signals that were queued before are read after, with their values; the mask can be changed; a
 * child shares the description and reads its own signals from it.
 *
 * kinds: signalfd
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int descriptor;

static void read_own(void *arg)
{
	struct signalfd_siginfo info;

	must(kill(getpid(), SIGUSR1));
	test_ready();
	test_wait();
	check(read(descriptor, &info, sizeof(info)) == sizeof(info), "the child has no signal");
	check(info.ssi_signo == SIGUSR1 && (pid_t)info.ssi_pid == getpid(), "the child got signal %u",
	      info.ssi_signo);
}

static void expect(unsigned int number, int value)
{
	struct signalfd_siginfo info;

	check(read(descriptor, &info, sizeof(info)) == sizeof(info), "no signal %u", number);
	check(info.ssi_signo == number && info.ssi_int == value, "signal %u with %d instead of %u with %d",
	      info.ssi_signo, info.ssi_int, number, value);
}

int main(int argc, char **argv)
{
	struct signalfd_siginfo info;
	pid_t child;
	sigset_t set;

	test_init(argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMAX);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	descriptor = must(signalfd(-1, &set, SFD_NONBLOCK));
	must(sigqueue(getpid(), SIGRTMAX, (union sigval){ .sival_int = 11 }));
	must(sigqueue(getpid(), SIGRTMAX, (union sigval){ .sival_int = 12 }));
	child = test_child(read_own, NULL);
	test_ready();
	test_wait();
	expect(SIGRTMAX, 11);
	expect(SIGRTMAX, 12);
	check(read(descriptor, &info, sizeof(info)) < 0 && errno == EAGAIN, "more signals, or it blocks");
	test_end_child(child);
	sigaddset(&set, SIGUSR2);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	check(signalfd(descriptor, &set, 0) == descriptor, "the mask cannot be changed");
	must(kill(getpid(), SIGUSR2));
	check(read(descriptor, &info, sizeof(info)) == sizeof(info) && info.ssi_signo == SIGUSR2, "no new signal");
	pass();
}
