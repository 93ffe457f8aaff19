// SPDX-License-Identifier: GPL-2.0-only
/* AIO contexts (io_setup): one with events that wait, across the end of its ring, one that was used and is empty, one
 * that never was. They keep their addresses, the events come in order, and requests go on.
 *
 * flavours: host ns
 * kinds: aio_ring asynchronous_io
 */
#include "test.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SLOTS(context) (((const uint32_t *)(context))[1])
#define WAITING 5

static char data[64];

static void ask(aio_context_t context, int fd, int opcode, uint64_t number)
{
	struct iocb request = {
		.aio_data = number,
		.aio_lio_opcode = (uint16_t)opcode,
		.aio_fildes = (uint32_t)fd,
		.aio_buf = (uintptr_t)data,
		.aio_nbytes = 1 + number % sizeof(data),
	};
	struct iocb *list[] = { &request };

	check(syscall(SYS_io_submit, context, 1L, list) == 1, "request %lu: %s", (unsigned long)number,
	      strerror(errno));
}

static void take(aio_context_t context, uint64_t number)
{
	struct timespec patience = { .tv_sec = 10 };
	struct io_event event = { 0 };

	check(must(syscall(SYS_io_getevents, context, 1L, 1L, &event, &patience)) == 1, "no event %lu",
	      (unsigned long)number);
	check(event.data == number, "event %lu, not %lu", (unsigned long)event.data, (unsigned long)number);
	check(event.res == (int64_t)(1 + number % sizeof(data)), "event %lu: result %ld",
	      (unsigned long)number, (long)event.res);
}

static void expect_empty(aio_context_t context)
{
	struct timespec none = { 0 };
	struct io_event event;

	check(!must(syscall(SYS_io_getevents, context, 0L, 1L, &event, &none)), "an event too many");
}

static void go_round(aio_context_t context, int fd, uint64_t number, uint64_t end)
{
	for (; number < end; number++) {
		ask(context, fd, IOCB_CMD_PWRITE, number);
		take(context, number);
	}
}

int main(int argc, char **argv)
{
	aio_context_t waiting = 0, empty = 0, fresh = 0;
	uint64_t start;
	int fd;

	test_init(argc, argv);
	fd = must(memfd_create("data", 0));
	if (syscall(SYS_io_setup, 16, &waiting) < 0)
		skip("io_setup: %s", strerror(errno));
	must(syscall(SYS_io_setup, 300, &empty));
	must(syscall(SYS_io_setup, 1, &fresh));
	start = SLOTS(waiting) - 2;
	go_round(waiting, fd, 0, start);
	for (uint64_t number = start; number < start + WAITING; number++)
		ask(waiting, fd, IOCB_CMD_PWRITE, number);
	go_round(empty, fd, 0, 2 * SLOTS(empty) + 7);
	test_ready();
	test_wait();
	for (uint64_t number = start; number < start + WAITING; number++)
		take(waiting, number);
	expect_empty(waiting);
	expect_empty(empty);
	expect_empty(fresh);
	go_round(waiting, fd, 100, 100 + 2 * SLOTS(waiting));
	go_round(empty, fd, 200, 200 + 2 * SLOTS(empty));
	go_round(fresh, fd, 300, 303);
	must(syscall(SYS_io_destroy, waiting));
	must(syscall(SYS_io_destroy, empty));
	must(syscall(SYS_io_destroy, fresh));
	check(syscall(SYS_io_destroy, fresh) < 0 && errno == EINVAL, "a context too many");
	pass();
}
