// SPDX-License-Identifier: GPL-2.0-only
/* A ring that looks for the end of its requests by itself (IOPOLL): requests that cannot be looked for like that are not taken,
 * before and after.
 *
 * skip-if: no-io-uring no-kernel-types
 * flavours: host ns
 * kinds: io_uring
 */
#include "ring.h"

static void use(struct ring *ring, int fd, unsigned int times)
{
	static char text[4];

	for (uint64_t i = 0; i < times; i++) {
		ring_add(ring, IORING_OP_NOP, -1, i);
		ring_submit(ring, 1, 1);
		ring_expect(ring, i, 0);
	}
	ring_add(ring, IORING_OP_FSYNC, fd, 0x55);
	ring_submit(ring, 1, 1);
	ring_expect(ring, 0x55, -EINVAL);
	ring_add(ring, IORING_OP_WRITE, fd, 0x66)->addr = (uintptr_t)text;
	ring_submit(ring, 1, 1);
	ring_expect(ring, 0x66, -EOPNOTSUPP);
}

int main(int argc, char **argv)
{
	struct ring ring;
	int fd;

	test_init(argc, argv);
	fd = must(memfd_create("data", 0));
	ring_open(&ring, 8, IORING_SETUP_IOPOLL);
	use(&ring, fd, 30);
	test_ready();
	test_wait();
	use(&ring, fd, 30);
	ring_expect_empty(&ring);
	pass();
}
