// SPDX-License-Identifier: GPL-2.0-only
/* A timer that was cancelled because the clock was set, which nobody has read of yet. The clock is the machine's: ticks
 * of a timer that has not expired are what such a one looks like.
 *
 * refuses: TFD_TIMER_CANCEL_ON_SET
 * kinds: timerfd
 */
#include "test.h"

#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct itimerspec wanted = { 0 };
	uint64_t ticks = 1;
	int timer;

	test_init(argc, argv);
	timer = must(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
	wanted.it_value.tv_sec = time(NULL) + 5000;
	must(timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &wanted, NULL));
	must(ioctl(timer, _IOW('T', 0, uint64_t), &ticks));
	test_ready();
	test_wait();
	check(read(timer, &ticks, sizeof(ticks)) == sizeof(ticks) && ticks == 1, "the ticks are gone");
	pass();
}
