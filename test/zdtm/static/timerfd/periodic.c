// SPDX-License-Identifier: GPL-2.0-only
/* A periodic timer that has expired seven times goes on, beside a counter, a signal descriptor and the program's own
 * process descriptor.
 *
 * kinds: timerfd
 */
#include "test.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct itimerspec wanted = { .it_value.tv_sec = 5000, .it_interval.tv_sec = 5000 };
	uint64_t ticks = 7;
	sigset_t set;
	int fd;

	test_init(argc, argv);
	fd = must(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	must(timerfd_settime(fd, 0, &wanted, NULL));
	must(ioctl(fd, _IOW('T', 0, uint64_t), &ticks));
	must(eventfd(1, 0));
	sigemptyset(&set);
	must(signalfd(-1, &set, 0));
	must(syscall(SYS_pidfd_open, getpid(), 0));
	test_ready();
	test_wait();
	check(read(fd, &ticks, sizeof(ticks)) == sizeof(ticks) && ticks == 7, "%lu ticks", (unsigned long)ticks);
	must(timerfd_gettime(fd, &wanted));
	check(wanted.it_value.tv_sec > 4000 && wanted.it_interval.tv_sec == 5000, "%ld s left",
	      (long)wanted.it_value.tv_sec);
	pass();
}
