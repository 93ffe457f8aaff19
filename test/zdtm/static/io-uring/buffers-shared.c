// SPDX-License-Identifier: GPL-2.0-only
/* Two rings that two processes have, with buffers registered at the same address: of the one ring it is the memory of the
 * parent, of the other one that of the child. They have tags, which are told when they go.
 *
 * skip-if: no-io-uring no-kernel-types
 * flavours: host ns
 * kinds: io_uring_buffers
 */
#include "ring.h"

#include <sys/uio.h>

#define SIZE (1100 * TEST_PAGE) /* of huge pages, if there are */
#define AT 100			/* of the buffer in its pages */
#define LENGTH (SIZE - 2 * AT)
#define REGISTER_BUFFERS2 15
#define NUMBER 2
#define TAG 0x4321

static struct ring of_parent, of_child;
static uint8_t *memory;
static int data;

static void register_buffer(const struct ring *ring)
{
	struct iovec buffers[NUMBER + 1] = { [NUMBER] = { memory + AT, LENGTH } };
	uint64_t tags[NUMBER + 1] = { [NUMBER] = TAG };
	struct io_uring_rsrc_register all = { NUMBER + 1, 0, 0, (uintptr_t)buffers, (uintptr_t)tags };

	must(syscall(SYS_io_uring_register, ring->fd, REGISTER_BUFFERS2, &all, sizeof(all)));
}

static void transfer(struct ring *ring, int opcode)
{
	struct io_uring_sqe *sqe = ring_add(ring, opcode, data, (uint64_t)opcode);

	sqe->addr = (uintptr_t)memory + AT;
	sqe->len = LENGTH;
	sqe->buf_index = NUMBER;
	ring_submit(ring, 1, 1);
	ring_expect(ring, (uint64_t)opcode, LENGTH);
}

/* The kernel writes what we have in our memory, and reads into it. */
static void check_buffer(struct ring *ring, uint32_t seed)
{
	test_fill(memory, SIZE, seed);
	transfer(ring, IORING_OP_WRITE_FIXED);
	memset(memory + AT, 0, LENGTH);
	transfer(ring, IORING_OP_READ_FIXED);
	check(test_differs(memory, SIZE, seed) < 0, "the buffer is another");
}

static void take_back(struct ring *ring)
{
	must(syscall(SYS_io_uring_register, ring->fd, IORING_UNREGISTER_BUFFERS, NULL, 0));
	must(syscall(SYS_io_uring_enter, ring->fd, 0, 0, IORING_ENTER_GETEVENTS, NULL, 0));
	ring_expect(ring, TAG, 0);
	ring_expect_empty(ring);
}

static void child_main(void *arg)
{
	data = must(memfd_create("child", 0));
	register_buffer(&of_child);
	check_buffer(&of_child, 3);
	test_ready();
	test_wait();
	check(test_differs(memory, SIZE, 3) < 0, "memory has changed");
	check_buffer(&of_child, 4);
	take_back(&of_child);
}

int main(int argc, char **argv)
{
	pid_t child;

	test_init(argc, argv);
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	madvise(memory, SIZE, MADV_HUGEPAGE);
	ring_open(&of_parent, 8, 0);
	ring_open(&of_child, 8, 0);
	child = test_child(child_main, NULL);
	data = must(memfd_create("parent", 0));
	register_buffer(&of_parent);
	check_buffer(&of_parent, 1);
	test_ready();
	test_wait();
	check(test_differs(memory, SIZE, 1) < 0, "memory has changed");
	check_buffer(&of_parent, 2);
	take_back(&of_parent);
	test_end_child(child);
	pass();
}
