// SPDX-License-Identifier: GPL-2.0-only
/* The overrun count of a timer is that of the last signal that was taken, and a signal of a timer that still waits
 * stays the timer's.
 *
 * flavours: host ns
 * kinds: timers
 */
#include "test.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define OVERRUNS 5
#define HOUR 3600

int main(int argc, char **argv)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 3 };
	struct timespec now, at_once = {};
	struct itimerspec value = { .it_interval = { HOUR, 0 } };
	siginfo_t info;
	sigset_t set;
	int id[2];

	test_init(argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 3);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	must(clock_gettime(CLOCK_REALTIME, &now));
	for (int i = 0; i < 2; i++) {
		event.sigev_value.sival_int = 70 + i;
		must(syscall(SYS_timer_create, CLOCK_REALTIME, &event, &id[i]));
	}
	value.it_value.tv_sec = now.tv_sec - OVERRUNS * HOUR - HOUR / 2;
	must(syscall(SYS_timer_settime, id[0], TIMER_ABSTIME, &value, NULL));
	must(sigwaitinfo(&set, &info));
	check(info.si_overrun == OVERRUNS, "the first signal says %d overruns", info.si_overrun);
	value.it_value.tv_sec = now.tv_sec - 10;
	must(syscall(SYS_timer_settime, id[1], TIMER_ABSTIME, &value, NULL));
	test_ready();
	test_wait();
	check(syscall(SYS_timer_getoverrun, id[0]) == OVERRUNS, "%ld overruns instead of %d",
	      syscall(SYS_timer_getoverrun, id[0]), OVERRUNS);
	must(syscall(SYS_timer_gettime, id[0], &value));
	check(value.it_value.tv_sec <= HOUR / 2 && value.it_value.tv_sec > HOUR / 2 - 600,
	      "%ld s are left of the first timer", value.it_value.tv_sec);
	check(value.it_interval.tv_sec == HOUR, "interval %ld s", value.it_interval.tv_sec);
	check(sigtimedwait(&set, &info, &at_once) == SIGRTMIN + 3, "no signal waits");
	check(info.si_code == SI_TIMER && info.si_value.sival_int == 71 && info.si_timerid == id[1],
	      "the signal that waits is of timer %d, value %d", info.si_timerid, info.si_value.sival_int);
	check(sigtimedwait(&set, &info, &at_once) == -1, "there is one signal too many");
	pass();
}
