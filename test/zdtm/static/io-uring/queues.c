// SPDX-License-Identifier: GPL-2.0-only
/* An io_uring with requests that were not submitted and completions that were not read, which go round the end of its
 * queue; and one with large queues. Both go on with the numbers they had.
 *
 * skip-if: no-io-uring
 * flavours: host ns
 * kinds: io_uring io_uring_mapping io_uring_requests
 */
#include "ring.h"

#define UNREAD 7
#define UNSUBMITTED 3

int main(int argc, char **argv)
{
	struct ring small, large;
	uint32_t start;
	int fd;

	test_init(argc, argv);
	fd = must(memfd_create("data", 0));
	ring_open(&small, 8, 0);
	ring_open(&large, 1024, 0);
	ring_go_round(&large, fd, 5000, 3000);
	start = small.params.cq_entries * 3 - 4;
	ring_go_round(&small, fd, 0x1000, start);
	for (int i = 0; i < UNREAD; i++)
		ring_add(&small, IORING_OP_NOP, -1, 0x2000 + (uint64_t)i);
	ring_submit(&small, UNREAD, UNREAD);
	for (int i = 0; i < UNSUBMITTED; i++)
		ring_add(&small, IORING_OP_CLOSE, 1000 + i, 0x3000 + (uint64_t)i);
	test_ready();
	test_wait();
	for (int i = 0; i < UNREAD; i++)
		ring_expect(&small, 0x2000 + (uint64_t)i, 0);
	ring_expect_empty(&small);
	ring_submit(&small, UNSUBMITTED, UNSUBMITTED);
	for (int i = 0; i < UNSUBMITTED; i++)
		ring_expect(&small, 0x3000 + (uint64_t)i, -EBADF);
	ring_expect_empty(&small);
	ring_go_round(&small, fd, 0x4000, 50);
	ring_expect_empty(&large);
	ring_go_round(&large, fd, 6000, 5000);
	pass();
}
