// SPDX-License-Identifier: GPL-2.0-only
/* An interval timer that fires all the time goes on doing so, without a call that is cut short.
 *
 * flavours: host ns compat
 */
#include "test.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

static volatile sig_atomic_t ticks;

static void tick(int sig)
{
	ticks++;
}

int main(int argc, char **argv)
{
	struct itimerval every = { .it_interval = { 0, 20000 }, .it_value = { 0, 20000 } };
	struct sigaction action = { .sa_handler = tick, .sa_flags = SA_RESTART };
	int before;

	test_init(argc, argv);
	must(sigaction(SIGALRM, &action, NULL));
	must(setitimer(ITIMER_REAL, &every, NULL));
	while (ticks < 2)
		usleep(1000);
	test_ready();
	test_wait();
	before = ticks;
	for (int left = 500; ticks < before + 3; left--) {
		check(left, "the timer does not fire any more");
		usleep(10000);
	}
	pass();
}
