// SPDX-License-Identifier: GPL-2.0-only
/* Numbers in place of a descriptor (IORING_REGISTER_RING_FDS): each thread has its own, for rings of its own and of others;
 * one ring is bound to its thread.
 *
 * skip-if: no-io-uring no-kernel-types
 * flavours: host ns
 * kinds: io_uring_threads
 */
#include <pthread.h>

#include "ring.h"

#define SINGLE_ISSUER (1U << 12)
#define REGISTER_RING_FDS 20
#define ENTER_REGISTERED (1U << 4)

static struct ring first, second;

static void register_number(const struct ring *ring, uint32_t number)
{
	struct io_uring_rsrc_update update = { .offset = number, .data = (uint64_t)ring->fd };

	if (syscall(SYS_io_uring_register, ring->fd, REGISTER_RING_FDS, &update, 1) < 0)
		skip("no numbers for rings: %s", strerror(errno));
}

static void use_by_number(struct ring *ring, uint32_t number, uint64_t data)
{
	ring_add(ring, IORING_OP_NOP, -1, data);
	check(must(syscall(SYS_io_uring_enter, number, 1, 1, IORING_ENTER_GETEVENTS | ENTER_REGISTERED, NULL, 0)) == 1,
	      "not submitted");
	ring_expect(ring, data, 0);
}

static void expect_none(uint32_t number)
{
	check(syscall(SYS_io_uring_enter, number, 0, 0, ENTER_REGISTERED, NULL, 0) < 0 && errno == EBADF,
	      "number %u is taken", number);
}

static void *work(void *unused)
{
	ring_open(&second, 8, SINGLE_ISSUER);
	register_number(&second, 0);
	register_number(&first, 15);
	for (uint64_t i = 0; i < 10; i++)
		use_by_number(&second, 0, i);
	test_ready();
	test_wait();
	for (uint64_t i = 0; i < 10; i++)
		use_by_number(&second, 0, i);
	use_by_number(&first, 15, 0x100);
	expect_none(3);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	ring_open(&first, 8, 0);
	register_number(&first, 3);
	for (uint64_t i = 0; i < 10; i++)
		use_by_number(&first, 3, i);
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	check(!pthread_join(thread, NULL), "the thread is gone");
	use_by_number(&first, 3, 0x200);
	expect_none(0);
	expect_none(15);
	pass();
}
