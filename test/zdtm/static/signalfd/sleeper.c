// SPDX-License-Identifier: GPL-2.0-only
/* A thread sleeps in the read of a signal descriptor whose mask has nearly all signals; what comes after the restore wakes it.
 *
 * kinds: signalfd
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

static int descriptor;
static atomic_int reader;

static void *sleep_in_read(void *arg)
{
	struct signalfd_siginfo info;

	reader = (int)syscall(SYS_gettid);
	check(read(descriptor, &info, sizeof(info)) == sizeof(info), "the read was cut short");
	check(info.ssi_signo == SIGUSR2 && info.ssi_int == 77, "it got signal %u with %d", info.ssi_signo,
	      info.ssi_int);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	sigset_t all, blocked;

	test_init(argc, argv);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	must(sigprocmask(SIG_BLOCK, &blocked, NULL));
	sigfillset(&all);
	sigdelset(&all, SIGTERM); /* ends the wait of the test */
	descriptor = must(signalfd(-1, &all, SFD_CLOEXEC));
	check(pthread_create(&thread, NULL, sleep_in_read, NULL) == 0, "no thread");
	while (!reader)
		usleep(100);
	test_wait_blocked(reader, SYS_read);
	test_ready();
	test_wait();
	must(sigqueue(getpid(), SIGUSR2, (union sigval){ .sival_int = 77 }));
	check(pthread_join(thread, NULL) == 0, "no join");
	pass();
}
