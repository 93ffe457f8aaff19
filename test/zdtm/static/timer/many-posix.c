// SPDX-License-Identifier: GPL-2.0-only
/* Hundreds of POSIX timers, with holes in their ids.
 *
 * flavours: host ns
 * kinds: timers
 */
#include "test.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TIMERS 300

int main(int argc, char **argv)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec now;
	int id[TIMERS];

	test_init(argc, argv);
	for (int i = 0; i < TIMERS; i++) {
		struct itimerspec value = { .it_value = { 5000 + i, 0 } };

		must(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id[i]));
		must(syscall(SYS_timer_settime, id[i], 0, &value, NULL));
	}
	for (int i = 0; i < TIMERS; i += 7)
		must(syscall(SYS_timer_delete, id[i]));
	test_ready();
	test_wait();
	for (int i = 0; i < TIMERS; i++) {
		long error = syscall(SYS_timer_gettime, id[i], &now);

		check(!error == (i % 7 != 0), "timer %d: timer_gettime returns %ld", i, error);
		if (!error)
			check(now.it_value.tv_sec <= 5000 + i && now.it_value.tv_sec > 4400 + i,
			      "timer %d: %ld s are left", i, now.it_value.tv_sec);
	}
	pass();
}
