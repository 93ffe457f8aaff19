// SPDX-License-Identifier: GPL-2.0-only
/* A kernel that does not tell its types, so that its memory cannot be read: a ring is kept all the same, with a request that
 * ends a moment after the dump has begun, and with a buffer.
 *
 * skip-if: no-io-uring
 * flavours: host ns
 * kinds: io_uring io_uring_requests io_uring_buffers
 */
#include <sys/mount.h>
#include <sys/uio.h>
#include <time.h>

#include "ring.h"

#define TYPES "/sys/kernel/btf/vmlinux"
#define SINGLE_ISSUER (1U << 12)

static void use_buffer(struct ring *ring, int fd, uint8_t *memory)
{
	struct io_uring_sqe *sqe = ring_add(ring, IORING_OP_WRITE_FIXED, fd, 0x77);

	sqe->addr = (uintptr_t)memory;
	sqe->len = TEST_PAGE;
	ring_submit(ring, 1, 1);
	ring_expect(ring, 0x77, TEST_PAGE);
}

int main(int argc, char **argv)
{
	struct __kernel_timespec moment = { .tv_nsec = 300000000 };
	struct iovec buffer = { .iov_len = TEST_PAGE };
	struct io_uring_sqe *sqe;
	struct ring ring;
	int fd;

	test_init(argc, argv);
	if (access(TYPES, F_OK) == 0)
		must(mount("tmpfs", "/sys/kernel/btf", "tmpfs", 0, NULL));
	fd = must(memfd_create("data", 0));
	buffer.iov_base = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(buffer.iov_base != MAP_FAILED, "no memory");
	ring_open(&ring, 8, SINGLE_ISSUER);
	must(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, &buffer, 1));
	ring_go_round(&ring, fd, 0x100, 30);
	use_buffer(&ring, fd, buffer.iov_base);
	sqe = ring_add(&ring, IORING_OP_TIMEOUT, -1, 0x55);
	sqe->addr = (uintptr_t)&moment;
	sqe->len = 1; /* of struct __kernel_timespec */
	ring_submit(&ring, 1, 0);
	test_ready();
	test_wait();
	ring_expect(&ring, 0x55, -ETIME);
	use_buffer(&ring, fd, buffer.iov_base);
	ring_go_round(&ring, fd, 0x200, 30);
	ring_expect_empty(&ring);
	pass();
}
