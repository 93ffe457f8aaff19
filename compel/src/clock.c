// SPDX-License-Identifier: LGPL-2.1-only
/* Time, and waiting for the other side without signals. */
#include <sched.h>
#include <time.h>

#include "compel/src/internal.h"

#define ROUNDS_OF_YIELD 100

uint64_t compel_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * COMPEL_SECOND + (uint64_t)now.tv_nsec;
}

/* A stop takes microseconds as a rule: yield first, then sleep from 20 us up to 1 ms. */
void compel_pause(unsigned int *round)
{
	unsigned int n = (*round)++;
	struct timespec delay = { 0, 20000 };

	if (n < ROUNDS_OF_YIELD) {
		sched_yield();
		return;
	}
	n = (n - ROUNDS_OF_YIELD) / 8;
	delay.tv_nsec <<= n < 6 ? n : 6;
	if (delay.tv_nsec > 1000000)
		delay.tv_nsec = 1000000;
	nanosleep(&delay, NULL);
}
