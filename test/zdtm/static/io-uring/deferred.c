// SPDX-License-Identifier: GPL-2.0-only
/* A ring whose completions wait for the one thread that may submit (DEFER_TASKRUN): what has ended and was not fetched is
 * there after the restore.
 *
 * skip-if: no-io-uring
 * flavours: host ns
 * kinds: io_uring io_uring_requests
 */
#include <pthread.h>
#include <time.h>

#include "ring.h"

#define SINGLE_ISSUER (1U << 12)
#define DEFER_TASKRUN (1U << 13)
#define ENDED 3

static struct ring ring;

static void *work(void *unused)
{
	struct __kernel_timespec moment = { .tv_nsec = 1000000 };

	ring_open(&ring, 8, SINGLE_ISSUER | DEFER_TASKRUN);
	for (uint64_t i = 0; i < 20; i++) {
		ring_add(&ring, IORING_OP_NOP, -1, i);
		ring_submit(&ring, 1, 1);
		ring_expect(&ring, i, 0);
	}
	/* They end by a timer, and whoever is to say so has to come into the kernel. */
	for (uint64_t i = 0; i < ENDED; i++) {
		struct io_uring_sqe *sqe = ring_add(&ring, IORING_OP_TIMEOUT, -1, 0x100 + i);

		sqe->addr = (uintptr_t)&moment;
		sqe->len = 1;
	}
	check(must(syscall(SYS_io_uring_enter, ring.fd, ENDED, 0, 0, NULL, 0)) == ENDED, "not submitted");
	ring_expect_empty(&ring);
	test_ready();
	test_wait();
	must(syscall(SYS_io_uring_enter, ring.fd, 0, ENDED, IORING_ENTER_GETEVENTS, NULL, 0));
	for (uint64_t i = 0; i < ENDED; i++)
		ring_expect(&ring, 0x100 + i, -ETIME);
	for (uint64_t i = 0; i < 20; i++) {
		ring_add(&ring, IORING_OP_NOP, -1, i);
		ring_submit(&ring, 1, 1);
		ring_expect(&ring, i, 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	check(!pthread_join(thread, NULL), "the thread is gone");
	pass();
}
