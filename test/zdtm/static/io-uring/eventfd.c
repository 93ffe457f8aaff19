// SPDX-License-Identifier: GPL-2.0-only
/* Eventfds registered with rings: one is told of all completions, one of those only that a worker made; a ring that is
 * bound to its thread has one, too. None has been told of anything by the restore.
 *
 * skip-if: no-io-uring no-kernel-types
 * flavours: host ns
 * kinds: io_uring
 */
#include "ring.h"

#include <sys/eventfd.h>

#define SINGLE_ISSUER (1U << 12)
#define REGISTER_EVENTFD_ASYNC 7

static void use(struct ring *ring)
{
	for (uint64_t i = 0; i < 20; i++) {
		ring_add(ring, IORING_OP_NOP, -1, i);
		ring_submit(ring, 1, 1);
		ring_expect(ring, i, 0);
	}
}

static int open_with_event(struct ring *ring, unsigned int flags, int what)
{
	int event = must(eventfd(0, EFD_NONBLOCK));

	ring_open(ring, 8, flags);
	use(ring);
	must(syscall(SYS_io_uring_register, ring->fd, what, &event, 1));
	return event;
}

static uint64_t take(int event)
{
	eventfd_t count = 0;

	return eventfd_read(event, &count) < 0 ? 0 : count;
}

/* A worker of the kernel does it. */
static void use_worker(struct ring *ring)
{
	ring_add(ring, IORING_OP_NOP, -1, 0x77)->flags = IOSQE_ASYNC;
	ring_submit(ring, 1, 1);
	ring_expect(ring, 0x77, 0);
}

int main(int argc, char **argv)
{
	struct ring each, late, bound;
	int of_each, of_late, of_bound;

	test_init(argc, argv);
	of_each = open_with_event(&each, 0, IORING_REGISTER_EVENTFD);
	of_late = open_with_event(&late, 0, REGISTER_EVENTFD_ASYNC);
	of_bound = open_with_event(&bound, SINGLE_ISSUER, IORING_REGISTER_EVENTFD);
	use(&each);
	test_ready();
	test_wait();
	check(take(of_each) == 20, "the first has been told");
	check(take(of_late) == 0, "the second has been told");
	check(take(of_bound) == 0, "the third has been told");
	use(&each);
	check(take(of_each) == 20, "the first is told nothing");
	use(&late);
	check(take(of_late) == 0, "the second is told of what it did itself");
	use_worker(&late);
	while (take(of_late) != 1)
		usleep(1000);
	use(&bound);
	check(take(of_bound) == 20, "the third is told nothing");
	pass();
}
