// SPDX-License-Identifier: GPL-2.0-only
/* As many completions as requests, and still two are in flight: another request has had several completions.
 *
 * skip-if: no-io-uring no-kernel-types
 * dump-options: --timeout 1
 * refuses: requests in flight which do not end
 * kinds: io_uring_requests
 */
#include "../io-uring/ring.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>

#define POLL_AGAIN 1 /* IORING_POLL_ADD_MULTI */
#define IN_FLIGHT 2

static void poll_twice(struct ring *ring)
{
	int event = must(eventfd(0, 0));
	struct io_uring_sqe *sqe = ring_add(ring, IORING_OP_POLL_ADD, event, 0x10);

	sqe->poll_events = POLLIN;
	sqe->len = POLL_AGAIN;
	ring_submit(ring, 1, 0);
	for (int i = 0; i < 2; i++) {
		must(eventfd_write(event, 1));
		must(syscall(SYS_io_uring_enter, ring->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0));
		ring_expect(ring, 0x10, POLLIN);
	}
	ring_add(ring, IORING_OP_POLL_REMOVE, -1, 0x11)->addr = 0x10;
	ring_submit(ring, 1, 2);
	check(*ring_word(ring, ring->params.cq_off.tail) == 4, "the poll does not end");
	*ring_word(ring, ring->params.cq_off.head) = 4;
}

int main(int argc, char **argv)
{
	struct __kernel_timespec long_time = { .tv_sec = 100000 };
	struct ring ring;

	test_init(argc, argv);
	ring_open(&ring, 8, 0);
	poll_twice(&ring);
	for (uint64_t i = 0; i < IN_FLIGHT; i++) {
		struct io_uring_sqe *sqe = ring_add(&ring, IORING_OP_TIMEOUT, -1, 0x20 + i);

		sqe->addr = (uintptr_t)&long_time;
		sqe->len = 1; /* of struct __kernel_timespec */
		ring_submit(&ring, 1, 0);
	}
	test_ready();
	test_wait();
	ring_expect_empty(&ring);
	ring_add(&ring, IORING_OP_TIMEOUT_REMOVE, -1, 0x30)->addr = 0x20;
	ring_submit(&ring, 1, 2);
	check(*ring_word(&ring, ring.params.cq_off.tail) - *ring_word(&ring, ring.params.cq_off.head) == 2,
	      "the request is gone");
	pass();
}
