// SPDX-License-Identifier: GPL-2.0-only
/* A process that chooses the ids of its timers by itself (PR_TIMER_CREATE_RESTORE_IDS, Linux 6.15), as a program that
 * restores others does.
 *
 * flavours: host ns
 */
#include "test.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef PR_TIMER_CREATE_RESTORE_IDS
#define PR_TIMER_CREATE_RESTORE_IDS 77
#endif
enum { OFF, ON, GET };

static int make(int id)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };

	must(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
	return id;
}

int main(int argc, char **argv)
{
	test_init(argc, argv);
	if (prctl(PR_TIMER_CREATE_RESTORE_IDS, ON, 0, 0, 0) < 0)
		skip("this kernel always chooses ids of timers by itself");
	check(make(1234) == 1234, "the id cannot be chosen");
	test_ready();
	test_wait();
	check(prctl(PR_TIMER_CREATE_RESTORE_IDS, GET, 0, 0, 0) == ON, "ids cannot be chosen any more");
	check(make(77) == 77, "the id cannot be chosen");
	pass();
}
