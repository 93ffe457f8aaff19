// SPDX-License-Identifier: GPL-2.0-only
/* Requests of an AIO context that wait for a condition and cannot be made again are refused by name, and go on: of a
 * descriptor that was closed, told by an eventfd that was closed, of a block in memory that is gone.
 *
 * refuses: waits at a file of which it has no descriptor; tells its end to an eventfd of which; of a block in memory that cannot
 * kinds: aio_ring asynchronous_io
 * skip-if: no-kernel-types
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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

int main(int argc, char **argv)
{
	struct timespec patience = { .tv_sec = 30 };
	struct io_event events[3];
	aio_context_t context = 0;
	int closed[2], open[2], told, copy;
	struct iocb *block, own;
	uint64_t seen = 0;

	test_init(argc, argv);
	if (syscall(SYS_io_setup, 16, &context) < 0)
		skip("io_setup: %s", strerror(errno));
	must(pipe(closed));
	must(pipe(open));
	told = must(eventfd(0, EFD_NONBLOCK));
	block = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(block != MAP_FAILED, "no memory");
	copy = must(fcntl(closed[0], F_DUPFD_CLOEXEC, 0));
	ask(context, &own, copy, 1, -1);
	ask(context, &own, open[0], 2, told);
	ask(context, block, open[0], 3, -1);
	must(close(copy));
	must(close(closed[0]));
	must(close(told));
	must(munmap(block, TEST_PAGE));
	test_ready();
	test_wait();
	/* The request keeps the reading end open. */
	must(write(closed[1], "x", 1));
	must(write(open[1], "x", 1));
	for (long nr = 0; nr < 3;)
		nr += must(syscall(SYS_io_getevents, context, 1L, 3L - nr, events + nr, &patience));
	for (unsigned int i = 0; i < 3; i++)
		seen |= 1ULL << events[i].data;
	check(seen == 0xe, "completed: %#lx", (unsigned long)seen);
	pass();
}
