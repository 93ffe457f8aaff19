// SPDX-License-Identifier: GPL-2.0-only
/* How many workers the kernel may have for a ring (IORING_REGISTER_IOWQ_MAX_WORKERS), of each sort.
 *
 * skip-if: no-io-uring no-kernel-types
 * flavours: host ns
 * kinds: io_uring
 */
#include "ring.h"

#define REGISTER_IOWQ_MAX_WORKERS 19

/* What there was is told. */
static void set_limits(const struct ring *ring, uint32_t limits[2])
{
	if (syscall(SYS_io_uring_register, ring->fd, REGISTER_IOWQ_MAX_WORKERS, limits, 2) < 0)
		skip("no limits of workers: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	uint32_t limits[2] = { 3, 5 };
	struct ring ring;

	test_init(argc, argv);
	ring_open(&ring, 8, 0);
	set_limits(&ring, limits);
	ring_add(&ring, IORING_OP_NOP, -1, 1)->flags = IOSQE_ASYNC;
	ring_submit(&ring, 1, 1);
	ring_expect(&ring, 1, 0);
	test_ready();
	test_wait();
	ring_add(&ring, IORING_OP_NOP, -1, 2)->flags = IOSQE_ASYNC;
	ring_submit(&ring, 1, 1);
	ring_expect(&ring, 2, 0);
	limits[0] = limits[1] = 0;
	set_limits(&ring, limits);
	check(limits[0] == 3 && limits[1] == 5, "%u and %u workers", limits[0], limits[1]);
	pass();
}
