// SPDX-License-Identifier: GPL-2.0-only
/* Requests of AIO contexts that wait for ticks of timers, which come all the time, also while the tree is frozen for the
 * dump: each is completed exactly once.
 *
 * kinds: aio_ring asynchronous_io
 * skip-if: no-kernel-types
 * iterations: 10
 */
#include "test.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define TIMERS 16U /* of 1 to 136 ms: some tick while the dump goes on, some do not */

static struct iocb blocks[TIMERS];
static int timers[TIMERS];
static bool waits[TIMERS];

static void ask(aio_context_t context, unsigned int number)
{
	struct iocb *list[] = { &blocks[number] };

	blocks[number] = (struct iocb){
		.aio_data = number,
		.aio_lio_opcode = IOCB_CMD_POLL,
		.aio_fildes = (uint32_t)timers[number],
		.aio_buf = POLLIN,
	};
	waits[number] = true;
	check(syscall(SYS_io_submit, context, 1L, list) == 1, "request %u: %s", number, strerror(errno));
}

static long take(aio_context_t context, struct io_event events[TIMERS])
{
	struct timespec patience = { .tv_sec = 30 };
	long nr;

	do
		nr = syscall(SYS_io_getevents, context, 1L, (long)TIMERS, events, &patience);
	while (nr < 0 && errno == EINTR && !test_stopped());
	check(nr > 0 || test_stopped(), "no timer ticks any more");
	return nr;
}

/* Each in its turn: what has ticked is asked for anew. */
static void go_on(aio_context_t context)
{
	struct io_event events[TIMERS];
	uint64_t ticks;
	long nr = take(context, events);

	for (long i = 0; i < nr; i++) {
		unsigned int number = (unsigned int)events[i].data;

		check(number < TIMERS && waits[number] && events[i].obj == (uintptr_t)&blocks[number],
		      "event %u that nobody has asked for", number);
		waits[number] = false;
		check(must(read(timers[number], &ticks, sizeof(ticks))) == sizeof(ticks), "no ticks");
		ask(context, number);
	}
}

/* None has been forgotten. */
static void finish(aio_context_t context)
{
	struct io_event events[TIMERS];

	for (unsigned int left = TIMERS; left;) {
		long nr = take(context, events);

		for (long i = 0; i < nr; i++) {
			check(waits[events[i].data], "event %u twice", (unsigned int)events[i].data);
			waits[events[i].data] = false;
		}
		left -= nr > 0 ? (unsigned int)nr : 0;
	}
}

int main(int argc, char **argv)
{
	aio_context_t context = 0;

	test_init(argc, argv);
	if (syscall(SYS_io_setup, TIMERS, &context) < 0)
		skip("io_setup: %s", strerror(errno));
	for (unsigned int i = 0; i < TIMERS; i++) {
		const struct itimerspec rhythm = {
			.it_value = { .tv_nsec = 1000000 + i * 9000000 },
			.it_interval = { .tv_nsec = 1000000 + i * 9000000 },
		};

		timers[i] = must(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
		must(timerfd_settime(timers[i], 0, &rhythm, NULL));
		ask(context, i);
	}
	test_ready();
	while (!test_stopped())
		go_on(context);
	finish(context);
	pass();
}
