// SPDX-License-Identifier: GPL-2.0-only
/* A request that does not end within the time limit: the dump fails by name, and the ring goes on.
 *
 * skip-if: no-io-uring
 * dump-options: --timeout 1
 * refuses: requests in flight which do not end
 * kinds: io_uring_requests
 */
#include "../io-uring/ring.h"

#include <time.h>

int main(int argc, char **argv)
{
	struct __kernel_timespec long_time = { .tv_sec = 100000 };
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
	sqe->addr = (uintptr_t)&long_time;
	sqe->len = 1; /* of struct __kernel_timespec */
	ring_submit(&ring, 1, 0);
	test_ready();
	test_wait();
	ring_expect_empty(&ring);
	ring_add(&ring, IORING_OP_TIMEOUT_REMOVE, -1, 0x56)->addr = 0x55;
	ring_submit(&ring, 1, 2);
	check(*ring_word(&ring, ring.params.cq_off.tail) - *ring_word(&ring, ring.params.cq_off.head) == 2,
	      "the request is gone");
	pass();
}
