// SPDX-License-Identifier: GPL-2.0-only
/* Buffers registered with a ring, with free numbers between them: the kernel reads from them and writes to them, in the
 * memory of the task.
 *
 * skip-if: no-io-uring
 * flavours: host ns
 * kinds: io_uring_buffers
 */
#include "ring.h"

#include <sys/uio.h>

#define SIZE (3 * TEST_PAGE)

static void transfer(struct ring *ring, int opcode, int fd, uint8_t *memory, unsigned int number)
{
	struct io_uring_sqe *sqe = ring_add(ring, opcode, fd, number);

	sqe->addr = (uintptr_t)memory;
	sqe->len = SIZE;
	sqe->buf_index = (uint16_t)number;
	ring_submit(ring, 1, 1);
	ring_expect(ring, number, SIZE);
}

static void check_buffer(struct ring *ring, int fd, uint8_t *memory, unsigned int number, uint32_t seed)
{
	test_fill(memory, SIZE, seed);
	transfer(ring, IORING_OP_WRITE_FIXED, fd, memory, number);
	memset(memory, 0, SIZE);
	transfer(ring, IORING_OP_READ_FIXED, fd, memory, number);
	check(test_differs(memory, SIZE, seed) < 0, "buffer %u is another", number);
}

int main(int argc, char **argv)
{
	struct iovec buffers[4] = { 0 };
	struct ring ring;
	uint8_t *memory;
	int fd;

	test_init(argc, argv);
	fd = must(memfd_create("data", 0));
	memory = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	buffers[1] = (struct iovec){ memory, SIZE };
	buffers[3] = (struct iovec){ memory + SIZE, SIZE };
	ring_open(&ring, 8, 0);
	must(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, buffers, 4));
	for (uint32_t i = 0; i < 10; i++)
		check_buffer(&ring, fd, memory, 1, i);
	test_ready();
	test_wait();
	check(test_differs(memory, SIZE, 9) < 0, "memory has changed");
	check_buffer(&ring, fd, memory, 1, 100);
	check_buffer(&ring, fd, memory + SIZE, 3, 101);
	check(test_differs(memory, SIZE, 100) < 0, "memory has changed");
	pass();
}
