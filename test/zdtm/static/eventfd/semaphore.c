// SPDX-License-Identifier: GPL-2.0-only
/* Event counters that are semaphores: a read takes one. A child sleeps in a read of one that is empty, and another
 * child shares one that is not. Counters of 0, 1, 2 and many: kernels that do not tell what is a semaphore are asked by
 * reading.
 *
 * kinds: eventfd
 * iterations: 2
 */
#include "test.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

static const eventfd_t counts[] = { 0, 1, 2, 3, UINT64_MAX - 1 };
static int plain[ARRAY_SIZE(counts)], semaphores[ARRAY_SIZE(counts)], gate;

static void sleep_in_read(void *arg)
{
	eventfd_t value = 0;

	test_ready();
	must(eventfd_read(gate, &value));
	check(value == 1, "the gate gave %lu", (unsigned long)value);
	test_wait();
}

static void take_one(void *arg)
{
	eventfd_t value = 0;

	test_ready();
	test_wait();
	must(eventfd_read(semaphores[3], &value));
	check(value == 1, "the semaphore gave %lu to the child", (unsigned long)value);
}

static void check_counts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		eventfd_t value = 0;
		int ret = eventfd_read(plain[i], &value);

		check(counts[i] ? ret == 0 && value == counts[i] : ret < 0 && errno == EAGAIN,
		      "counter %zu gave %lu", i, (unsigned long)value);
		if (i == 4)
			break;
		for (eventfd_t left = counts[i] - (i == 3); left; left--)
			check(eventfd_read(semaphores[i], &value) == 0 && value == 1,
			      "semaphore %zu gave %lu", i, (unsigned long)value);
		check(eventfd_read(semaphores[i], &value) < 0 && errno == EAGAIN, "semaphore %zu has more", i);
	}
}

int main(int argc, char **argv)
{
	eventfd_t value;
	pid_t sleeper, taker;

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		plain[i] = must(eventfd(0, EFD_NONBLOCK));
		semaphores[i] = must(eventfd(0, EFD_NONBLOCK | EFD_SEMAPHORE));
		must(eventfd_write(plain[i], counts[i]));
		must(eventfd_write(semaphores[i], counts[i]));
	}
	gate = must(eventfd(0, EFD_SEMAPHORE));
	sleeper = test_child(sleep_in_read, NULL);
	taker = test_child(take_one, NULL);
	test_ready();
	test_wait();
	must(eventfd_write(gate, 2));
	test_end_child(taker);
	test_end_child(sleeper);
	must(eventfd_read(gate, &value));
	check(value == 1, "the gate kept %lu", (unsigned long)value);
	check_counts();
	check(eventfd_read(semaphores[4], &value) == 0 && value == 1, "the full semaphore gave %lu",
	      (unsigned long)value);
	check(eventfd_write(semaphores[4], 1) == 0, "the full semaphore had less");
	check(eventfd_write(semaphores[4], 1) < 0 && errno == EAGAIN, "the full semaphore has room");
	pass();
}
