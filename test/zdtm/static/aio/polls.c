// SPDX-License-Identifier: GPL-2.0-only
/* Requests of an AIO context that wait for a condition (IOCB_CMD_POLL): of a pipe, whose block has been used for something
 * else since; of a socket, told by an eventfd as well; twice with one block; one that is cancelled later. Beside them events
 * wait, of one that was completed before. Each is completed once, when its condition holds.
 *
 * kinds: aio_ring asynchronous_io
 * skip-if: no-kernel-types
 * iterations: 2
 */
#include "test.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { IN_PIPE = 1, OF_SOCKET, TWICE, AGAIN, CANCELLED, BEFORE };

static struct iocb blocks[BEFORE + 1];

static void ask(aio_context_t context, struct iocb *block, int fd, uint64_t number, int result_fd)
{
	struct iocb *list[] = { block };

	*block = (struct iocb){
		.aio_data = number,
		.aio_lio_opcode = IOCB_CMD_POLL,
		.aio_fildes = (uint32_t)fd,
		.aio_buf = POLLIN,
		.aio_flags = result_fd >= 0 ? IOCB_FLAG_RESFD : 0,
		.aio_resfd = (uint32_t)result_fd,
	};
	check(syscall(SYS_io_submit, context, 1L, list) == 1, "request %lu: %s", (unsigned long)number,
	      strerror(errno));
}

static struct io_event take(aio_context_t context)
{
	struct timespec patience = { .tv_sec = 30 };
	struct io_event event = { 0 };

	check(must(syscall(SYS_io_getevents, context, 1L, 1L, &event, &patience)) == 1, "no event");
	return event;
}

static void expect(aio_context_t context, uint64_t number, const struct iocb *block)
{
	struct io_event event = take(context);

	check(event.data == number && event.obj == (uintptr_t)block && event.res & POLLIN,
	      "event %lu of block %#lx: %ld", (unsigned long)event.data, (unsigned long)event.obj,
	      (long)event.res);
}

static void expect_none(aio_context_t context)
{
	struct timespec none = { 0 };
	struct io_event event = { 0 };

	check(!must(syscall(SYS_io_getevents, context, 0L, 1L, &event, &none)), "an event too many: %lu",
	      (unsigned long)event.data);
}

static void cancel(aio_context_t context)
{
	struct io_event event;

	check(syscall(SYS_io_cancel, context, &blocks[CANCELLED], &event) < 0 && errno == EINPROGRESS,
	      "io_cancel: %s", strerror(errno));
	event = take(context);
	check(event.data == CANCELLED && event.obj == (uintptr_t)&blocks[CANCELLED],
	      "event %lu was cancelled", (unsigned long)event.data);
}

int main(int argc, char **argv)
{
	aio_context_t context = 0;
	int in[2], twice[2], never[2], pair[2], told;
	struct io_event first;
	eventfd_t count;

	test_init(argc, argv);
	if (syscall(SYS_io_setup, 16, &context) < 0)
		skip("io_setup: %s", strerror(errno));
	must(pipe(in));
	must(pipe(twice));
	must(pipe(never));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	told = must(eventfd(0, EFD_NONBLOCK));
	ask(context, &blocks[BEFORE], twice[0], BEFORE, -1);
	must(write(twice[1], "x", 1));
	must(read(twice[0], &count, 1));
	ask(context, &blocks[IN_PIPE], in[0], IN_PIPE, -1);
	ask(context, &blocks[OF_SOCKET], pair[0], OF_SOCKET, told);
	ask(context, &blocks[TWICE], twice[0], TWICE, -1);
	ask(context, &blocks[TWICE], twice[0], AGAIN, -1);
	ask(context, &blocks[CANCELLED], never[0], CANCELLED, -1);
	test_fill(&blocks[IN_PIPE], sizeof(blocks[IN_PIPE]), 7);
	test_ready();
	test_wait();
	check(test_differs(&blocks[IN_PIPE], sizeof(blocks[IN_PIPE]), 7) < 0, "memory has changed");
	check(eventfd_read(told, &count) < 0 && errno == EAGAIN, "the eventfd was told too early");
	expect(context, BEFORE, &blocks[BEFORE]);
	expect_none(context);
	must(write(pair[1], "x", 1));
	expect(context, OF_SOCKET, &blocks[OF_SOCKET]);
	must(eventfd_read(told, &count));
	check(count == 1, "the eventfd was told %lu times", (unsigned long)count);
	must(write(in[1], "x", 1));
	expect(context, IN_PIPE, &blocks[IN_PIPE]);
	expect_none(context);
	must(write(twice[1], "x", 1));
	first = take(context);
	check(first.obj == (uintptr_t)&blocks[TWICE] && (first.data == TWICE || first.data == AGAIN),
	      "event %lu of block %#lx", (unsigned long)first.data, (unsigned long)first.obj);
	expect(context, TWICE + AGAIN - first.data, &blocks[TWICE]);
	cancel(context);
	expect_none(context);
	pass();
}
