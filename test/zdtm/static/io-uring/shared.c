// SPDX-License-Identifier: GPL-2.0-only
/* A ring that a child has inherited and maps at another address, next to memory that leaves no room to choose. What the
 * one submits the other reads.
 *
 * skip-if: no-io-uring
 * flavours: host ns
 * kinds: io_uring io_uring_mapping
 */
#include "ring.h"

static struct ring ring;
static uint32_t *turn;

static void wait_turn(uint32_t wanted)
{
	while (__atomic_load_n(turn, __ATOMIC_ACQUIRE) != wanted)
		usleep(1000);
}

static void pass_turn(void)
{
	__atomic_add_fetch(turn, 1, __ATOMIC_RELEASE);
}

/* Between two pages without access. */
static void move_queues(void)
{
	size_t size = ring.params.sq_off.array + ring.params.sq_entries * 4;
	uint8_t *fence = mmap(NULL, 64 * TEST_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(fence != MAP_FAILED, "no memory");
	must(munmap(ring.queues, size));
	must(munmap(fence + 32 * TEST_PAGE, TEST_PAGE));
	ring.queues = ring_map(ring.fd, size, IORING_OFF_SQ_RING);
	ring.completions = ring.queues;
}

static void reader(void *arg)
{
	move_queues();
	test_ready();
	wait_turn(1);
	for (uint64_t i = 0; i < 4; i++)
		ring_expect(&ring, 0x100 + i, 0);
	ring_expect_empty(&ring);
	pass_turn();
	test_wait();
}

int main(int argc, char **argv)
{
	pid_t child;

	test_init(argc, argv);
	turn = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(turn != MAP_FAILED, "no memory");
	ring_open(&ring, 8, 0);
	for (uint64_t i = 0; i < 20; i++) {
		ring_add(&ring, IORING_OP_NOP, -1, i);
		ring_submit(&ring, 1, 1);
		ring_expect(&ring, i, 0);
	}
	child = test_child(reader, NULL);
	for (uint64_t i = 0; i < 2; i++)
		ring_add(&ring, IORING_OP_NOP, -1, 0x100 + i);
	ring_submit(&ring, 2, 2);
	test_ready();
	test_wait();
	for (uint64_t i = 2; i < 4; i++)
		ring_add(&ring, IORING_OP_NOP, -1, 0x100 + i);
	ring_submit(&ring, 2, 2);
	pass_turn();
	wait_turn(2);
	ring_expect_empty(&ring);
	test_end_child(child);
	pass();
}
