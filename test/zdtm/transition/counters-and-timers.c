// SPDX-License-Identifier: GPL-2.0-only
/* Two processes send numbers round by counters at full speed, none is lost or doubled; a thread reads a periodic timer
 * by a time of day, which never has more ticks than that time allows; another waits for children by their descriptors.
 *
 * kinds: eventfd timerfd pidfd
 * iterations: 10
 * not-compared: threads children descriptors
 */
#include "test.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NSEC 1000000000LL
#define INTERVAL (NSEC / 1000)

static int there, back, timer;
static long long start;

static void echo(void *arg)
{
	eventfd_t value;

	test_ready();
	for (;;) {
		must(eventfd_read(there, &value));
		if (value == UINT64_MAX - 1)
			break;
		must(eventfd_write(back, value));
	}
}

static long long now(void)
{
	struct timespec time;

	must(clock_gettime(CLOCK_REALTIME, &time));
	return time.tv_sec * NSEC + time.tv_nsec;
}

static void *read_timer(void *arg)
{
	long long total = 0;
	uint64_t ticks;

	while (!test_stopped()) {
		check(read(timer, &ticks, sizeof(ticks)) == sizeof(ticks), "the timer cannot be read: %m");
		check(ticks > 0, "no ticks");
		total += (long long)ticks;
		check(total <= (now() - start) / INTERVAL + 1, "%lld ticks too early", total);
	}
	return NULL;
}

static void *wait_for_children(void *arg)
{
	for (int round = 0; !test_stopped(); round++) {
		pid_t pid = must(fork());
		int fd;

		if (!pid)
			_exit(0);
		fd = must(syscall(SYS_pidfd_open, pid, 0));
		check(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1) == 1, "no end of child %d", round);
		check(waitpid(pid, NULL, 0) == pid, "no child %d", round);
		close(fd);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct itimerspec wanted = { .it_interval.tv_nsec = INTERVAL };
	pthread_t reader, waiter;
	eventfd_t value;
	pid_t pid;

	test_init(argc, argv);
	there = must(eventfd(0, 0));
	back = must(eventfd(0, 0));
	pid = test_child(echo, NULL);
	timer = must(timerfd_create(CLOCK_REALTIME, 0));
	start = now();
	wanted.it_value = (struct timespec){ start / NSEC, start % NSEC };
	must(timerfd_settime(timer, TFD_TIMER_ABSTIME, &wanted, NULL));
	check(!pthread_create(&reader, NULL, read_timer, NULL), "no thread");
	check(!pthread_create(&waiter, NULL, wait_for_children, NULL), "no thread");
	test_ready();
	for (eventfd_t number = 1; !test_stopped(); number++) {
		must(eventfd_write(there, number));
		must(eventfd_read(back, &value));
		check(value == number, "%lu came back as %lu", (unsigned long)number, (unsigned long)value);
	}
	check(!pthread_join(reader, NULL) && !pthread_join(waiter, NULL), "no join");
	must(eventfd_write(there, UINT64_MAX - 1));
	must(waitpid(pid, NULL, 0));
	pass();
}
