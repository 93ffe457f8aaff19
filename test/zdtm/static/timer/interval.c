// SPDX-License-Identifier: GPL-2.0-only
/* The three interval timers keep their interval, and what is left of them does not grow.
 *
 * flavours: host ns uns compat
 * kinds: timers
 */
#include "test.h"

#include <signal.h>
#include <sys/time.h>

static const int kinds[] = { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };

int main(int argc, char **argv)
{
	struct itimerval now;

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct itimerval value = { .it_interval = { 1000 + i, 250000 }, .it_value = { 5000 + i, 500000 } };

		must(setitimer(kinds[i], &value, NULL));
	}
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		long left;

		must(getitimer(kinds[i], &now));
		left = now.it_value.tv_sec;
		check(now.it_interval.tv_sec == (long)(1000 + i), "timer %zu: interval %ld s", i,
		      now.it_interval.tv_sec);
		check(now.it_interval.tv_usec / 10000 == 25, "timer %zu: interval %ld us", i,
		      now.it_interval.tv_usec);
		check(left > 4000 && left <= (long)(5000 + i), "timer %zu: %ld s are left", i, left);
	}
	pass();
}
