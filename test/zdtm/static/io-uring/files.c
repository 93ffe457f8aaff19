// SPDX-License-Identifier: GPL-2.0-only
/* Files registered with a ring: one of two descriptors that share it, one of a pipe, a socket, one that only another process
 * has open; between them are free numbers, and the kernel may give some of these by itself. One has a tag, which is told
 * when it goes.
 *
 * skip-if: no-io-uring no-kernel-types
 * flavours: host ns
 * kinds: io_uring
 */
#include "ring.h"

#include <fcntl.h>
#include <sys/socket.h>

#define REGISTER_FILES2 13
#define REGISTER_FILES_UPDATE2 14
#define REGISTER_FILE_ALLOC_RANGE 25
#define NUMBERS 40
#define TAG 0x1234
#define FILE_INDEX_ALLOC UINT32_MAX
enum { DATA = 1, PIPE = 3, SOCKET = 5, OTHERS = 39, FREE = 10, FREE_END = 12 };

static int others;

static void holder(void *arg)
{
	test_ready();
	test_wait();
	check(lseek(others, 0, SEEK_CUR) == 4, "position %ld", (long)lseek(others, 0, SEEK_CUR));
}

static struct io_uring_sqe *add(struct ring *ring, int opcode, int number, const char *text, uint64_t offset)
{
	struct io_uring_sqe *sqe = ring_add(ring, opcode, number, (uint64_t)number);

	sqe->flags = IOSQE_FIXED_FILE;
	sqe->addr = (uintptr_t)text;
	sqe->len = 4;
	sqe->off = offset;
	return sqe;
}

static void write_to(struct ring *ring, int number, uint64_t offset)
{
	add(ring, IORING_OP_WRITE, number, "abcd", offset);
	ring_submit(ring, 1, 1);
	ring_expect(ring, (uint64_t)number, 4);
}

static void expect_free(struct ring *ring, int number)
{
	add(ring, IORING_OP_WRITE, number, "abcd", 0);
	ring_submit(ring, 1, 1);
	ring_expect(ring, (uint64_t)number, -EBADF);
}

static void expect_text(int fd)
{
	char text[4] = "";

	check(read(fd, text, 4) == 4 && !memcmp(text, "abcd", 4), "%.4s", text);
}

static void register_all(const struct ring *ring, int data, int pipe, int socket)
{
	int fds[NUMBERS];
	uint64_t tags[NUMBERS] = { [PIPE] = TAG };
	struct io_uring_rsrc_register files = { NUMBERS, 0, 0, (uintptr_t)fds, (uintptr_t)tags };
	uint64_t range[2] = { (uint64_t)(FREE_END - FREE) << 32 | FREE, 0 };

	memset(fds, 0xff, sizeof(fds));
	fds[DATA] = data;
	fds[PIPE] = pipe;
	fds[SOCKET] = socket;
	fds[OTHERS] = others;
	must(syscall(SYS_io_uring_register, ring->fd, REGISTER_FILES2, &files, sizeof(files)));
	if (syscall(SYS_io_uring_register, ring->fd, REGISTER_FILE_ALLOC_RANGE, range, 0) < 0)
		skip("no range of numbers: %s", strerror(errno));
}

static void open_at(struct ring *ring, int result)
{
	struct io_uring_sqe *sqe = ring_add(ring, IORING_OP_OPENAT, AT_FDCWD, 0x50);

	sqe->addr = (uintptr_t) "/dev/null";
	sqe->file_index = FILE_INDEX_ALLOC;
	ring_submit(ring, 1, 1);
	ring_expect(ring, 0x50, result);
}

static void take_out(struct ring *ring, unsigned int number)
{
	int none = -1;
	uint64_t no_tag = 0;
	struct io_uring_rsrc_update2 update = { number, 0, (uintptr_t)&none, (uintptr_t)&no_tag, 1, 0 };

	must(syscall(SYS_io_uring_register, ring->fd, REGISTER_FILES_UPDATE2, &update, sizeof(update)));
	must(syscall(SYS_io_uring_enter, ring->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0));
	ring_expect(ring, TAG, 0);
}

int main(int argc, char **argv)
{
	int data, pipes[2], sockets[2];
	struct ring ring;
	pid_t child;

	test_init(argc, argv);
	others = must(memfd_create("others", 0));
	child = test_child(holder, NULL);
	data = must(memfd_create("data", 0));
	must(pipe(pipes));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	ring_open(&ring, 8, 0);
	register_all(&ring, data, pipes[1], sockets[0]);
	must(close(others));
	test_ready();
	test_wait();
	write_to(&ring, DATA, UINT64_MAX);
	check(lseek(data, 0, SEEK_CUR) == 4, "another file");
	write_to(&ring, PIPE, 0);
	expect_text(pipes[0]);
	write_to(&ring, SOCKET, 0);
	expect_text(sockets[1]);
	write_to(&ring, OTHERS, UINT64_MAX);
	expect_free(&ring, 0);
	expect_free(&ring, NUMBERS - 2);
	open_at(&ring, FREE);
	open_at(&ring, FREE + 1);
	open_at(&ring, -ENFILE);
	take_out(&ring, PIPE);
	ring_expect_empty(&ring);
	test_end_child(child);
	pass();
}
