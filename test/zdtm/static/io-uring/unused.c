// SPDX-License-Identifier: GPL-2.0-only
/* Rings that were never used, of all forms: what they were made with shows in what they do afterwards. One is disabled until
 * then.
 *
 * skip-if: no-io-uring no-kernel-types
 * flavours: host ns
 * kinds: io_uring
 */
#include "ring.h"

#define SETUP_R_DISABLED (1U << 6)
#define SETUP_SUBMIT_ALL (1U << 7)
#define SETUP_COOP_TASKRUN (1U << 8)
#define SETUP_SQE128 (1U << 10)
#define SETUP_CQE32 (1U << 11)
#define SETUP_NO_SQARRAY (1U << 16)
#define REGISTER_ENABLE 12

static void use(struct ring *ring, uint64_t number)
{
	ring_add(ring, IORING_OP_NOP, -1, number);
	ring_submit(ring, 1, 1);
	ring_expect(ring, number, 0);
}

/* The second of two requests is where the size of the first says, likewise its completion. */
static void use_large(struct ring *ring)
{
	const struct io_uring_cqe *cqes = (const struct io_uring_cqe *)(ring->completions +
									ring->params.cq_off.cqes);

	memset(ring->sqes, 0, 4 * sizeof(*ring->sqes));
	ring->sqes[0].user_data = 0x10;
	ring->sqes[1].user_data = 0x11;
	ring->sqes[2].user_data = 0x12;
	*ring_word(ring, ring->params.sq_off.tail) = 2;
	ring_submit(ring, 2, 2);
	check(cqes[0].user_data == 0x10, "first completion: %lx", (unsigned long)cqes[0].user_data);
	check(cqes[2].user_data == 0x12, "second completion: %lx", (unsigned long)cqes[2].user_data);
}

static void submit_three(struct ring *ring, unsigned int expected)
{
	long done;

	ring_add(ring, IORING_OP_NOP, -1, 1);
	ring_add(ring, 255, -1, 2);
	ring_add(ring, IORING_OP_NOP, -1, 3);
	done = must(syscall(SYS_io_uring_enter, ring->fd, 3, 0, 0, NULL, 0));
	check(done == (long)expected, "%ld are submitted, not %u", done, expected);
}

static void open_without_array(struct ring *ring)
{
	*ring = (struct ring){ .params.flags = SETUP_NO_SQARRAY };
	ring->fd = (int)syscall(SYS_io_uring_setup, 4, &ring->params);
	if (ring->fd < 0)
		skip("no NO_SQARRAY: %s", strerror(errno));
	ring->queues = ring_map(ring->fd, ring->params.cq_off.cqes + ring->params.cq_entries * 16,
				IORING_OFF_SQ_RING);
	ring->completions = ring->queues;
	ring->sqes = (struct io_uring_sqe *)ring_map(ring->fd, 4 * sizeof(*ring->sqes), IORING_OFF_SQES);
}

int main(int argc, char **argv)
{
	struct ring plain, large, all, disabled, without;

	test_init(argc, argv);
	ring_open(&plain, 8, SETUP_COOP_TASKRUN);
	ring_open(&large, 4, SETUP_SQE128 | SETUP_CQE32);
	ring_open(&all, 8, SETUP_SUBMIT_ALL);
	ring_open(&disabled, 8, SETUP_R_DISABLED);
	open_without_array(&without);
	test_ready();
	test_wait();
	for (uint64_t i = 0; i < 20; i++) {
		use(&plain, i);
		use(&without, i);
	}
	submit_three(&plain, 2);
	use_large(&large);
	submit_three(&all, 3);
	check(syscall(SYS_io_uring_enter, disabled.fd, 0, 0, 0, NULL, 0) < 0 && errno == EBADFD, "not disabled");
	must(syscall(SYS_io_uring_register, disabled.fd, REGISTER_ENABLE, NULL, 0));
	use(&disabled, 0x99);
	pass();
}
