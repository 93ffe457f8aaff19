// SPDX-License-Identifier: GPL-2.0-only
/* A context whose ring is full: no event is lost, and no more requests are taken than it has room for.
 *
 * flavours: host ns
 * kinds: aio_ring asynchronous_io
 */
#include "test.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static char data[8];

/* How many requests there is room for, to be taken out again. */
static uint64_t fill(aio_context_t context, int fd, uint64_t number)
{
	uint64_t first = number;
	struct iocb *list[1];

	for (;; number++) {
		struct iocb request = {
			.aio_data = number,
			.aio_lio_opcode = IOCB_CMD_PREAD,
			.aio_fildes = (uint32_t)fd,
			.aio_buf = (uintptr_t)data,
			.aio_nbytes = sizeof(data),
		};

		list[0] = &request;
		if (syscall(SYS_io_submit, context, 1L, list) == 1)
			continue;
		check(errno == EAGAIN, "io_submit: %s", strerror(errno));
		return number - first;
	}
}

static void drain(aio_context_t context, uint64_t first, uint64_t count)
{
	struct timespec none = { 0 };
	struct io_event event = { 0 };

	for (uint64_t i = 0; i < count; i++) {
		check(must(syscall(SYS_io_getevents, context, 0L, 1L, &event, &none)) == 1,
		      "event %lu of %lu is missing", (unsigned long)i, (unsigned long)count);
		check(event.data == first + i, "event %lu, not %lu", (unsigned long)event.data,
		      (unsigned long)(first + i));
	}
	check(!must(syscall(SYS_io_getevents, context, 0L, 1L, &event, &none)), "an event too many");
}

int main(int argc, char **argv)
{
	aio_context_t context = 0;
	uint64_t room;
	cpu_set_t one;
	int fd;

	test_init(argc, argv);
	/* Room that another processor holds in stock is not offered. */
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	must(sched_setaffinity(0, sizeof(one), &one));
	fd = must(memfd_create("data", 0));
	must(ftruncate(fd, sizeof(data)));
	if (syscall(SYS_io_setup, 16, &context) < 0)
		skip("io_setup: %s", strerror(errno));
	room = fill(context, fd, 0);
	test_ready();
	test_wait();
	check(!fill(context, fd, 0), "there is room in a full ring");
	drain(context, 0, room);
	check(fill(context, fd, 1000) == room, "the room is another");
	drain(context, 1000, room);
	pass();
}
