// SPDX-License-Identifier: GPL-2.0-only
/* A request that ends a moment after the dump has begun, and is waited for.
 *
 * skip-if: no-io-uring
 * flavours: host ns
 * kinds: io_uring_requests
 */
#include <time.h>

#include "ring.h"

int main(int argc, char **argv)
{
	struct __kernel_timespec moment = { .tv_nsec = 300000000 };
	struct io_uring_sqe *sqe;
	struct ring ring;

	test_init(argc, argv);
	ring_open(&ring, 8, 0);
	for (uint64_t i = 0; i < 20; i++) {
		ring_add(&ring, IORING_OP_NOP, -1, i);
		ring_submit(&ring, 1, 1);
		ring_expect(&ring, i, 0);
	}
	sqe = ring_add(&ring, IORING_OP_TIMEOUT, -1, 0x55);
	sqe->addr = (uintptr_t)&moment;
	sqe->len = 1;
	ring_submit(&ring, 1, 0);
	ring_expect_empty(&ring);
	test_ready();
	test_wait();
	ring_expect(&ring, 0x55, -ETIME);
	ring_expect_empty(&ring);
	pass();
}
