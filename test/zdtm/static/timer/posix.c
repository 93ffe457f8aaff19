// SPDX-License-Identifier: GPL-2.0-only
/* POSIX timers keep id, clock, signal, value, interval and remaining time, armed or not.
 *
 * flavours: host ns compat
 * kinds: timers
 */
#include "test.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const struct {
	clockid_t clock;
	int notify;
	int seconds; /* 0: not armed */
} kinds[] = {
	{ CLOCK_MONOTONIC, SIGEV_SIGNAL, 1000 },
	{ CLOCK_REALTIME, SIGEV_NONE, 2000 },
	{ CLOCK_MONOTONIC, SIGEV_THREAD_ID, 0 },
	{ CLOCK_BOOTTIME, SIGEV_SIGNAL, 3000 },
};

int main(int argc, char **argv)
{
	int id[ARRAY_SIZE(kinds)];
	struct itimerspec now;
	siginfo_t info;
	sigset_t set;

	test_init(argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 4);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct sigevent event = { .sigev_notify = kinds[i].notify, .sigev_signo = SIGRTMIN + 4 };
		struct itimerspec value = { { 7, i }, { kinds[i].seconds, 0 } };

		event.sigev_value.sival_int = 100 + i;
		event._sigev_un._tid = gettid();
		must(syscall(SYS_timer_create, kinds[i].clock, &event, &id[i]));
		if (!i) /* a hole in the ids */
			must(syscall(SYS_timer_delete, id[i]) ||
			     syscall(SYS_timer_create, kinds[i].clock, &event, &id[i]));
		if (kinds[i].seconds)
			must(syscall(SYS_timer_settime, id[i], 0, &value, NULL));
	}
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		must(syscall(SYS_timer_gettime, id[i], &now));
		check(now.it_value.tv_sec <= kinds[i].seconds && now.it_value.tv_sec >= kinds[i].seconds - 300,
		      "timer %zu: %ld s are left", i, now.it_value.tv_sec);
		if (kinds[i].seconds)
			check(now.it_interval.tv_sec == 7 && now.it_interval.tv_nsec == (long)i,
			      "timer %zu: interval", i);
	}
	must(syscall(SYS_timer_settime, id[2], 0, &(struct itimerspec){ {}, { 0, 1 } }, NULL));
	must(sigwaitinfo(&set, &info));
	check(info.si_code == SI_TIMER && info.si_value.sival_int == 102, "the signal has value %d",
	      info.si_value.sival_int);
	pass();
}
