// SPDX-License-Identifier: GPL-2.0-only
/* A ring that one thread alone may use, whose completions wait for it (SINGLE_ISSUER, DEFER_TASKRUN, TASKRUN_FLAG): so it
 * is after the restore. It has been used more often than it has entries, and has completions that were not read.
 *
 * skip-if: no-io-uring no-kernel-types
 * flavours: host ns
 * kinds: io_uring io_uring_threads
 */
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include "ring.h"

#define TASKRUN_FLAG (1U << 9)
#define SINGLE_ISSUER (1U << 12)
#define DEFER_TASKRUN (1U << 13)
#define SQ_TASKRUN 4U /* IORING_SQ_TASKRUN */
#define UNREAD 5
#define USES 1003

static struct ring ring;
static int event;

/* Somebody else makes the event: the completion is not there before its thread asks. */
static void expect_deferred(void)
{
	uint32_t *flags = ring_word(&ring, ring.params.sq_off.flags);

	ring_add(&ring, IORING_OP_POLL_ADD, event, 0x77)->poll_events = POLLIN;
	check(must(syscall(SYS_io_uring_enter, ring.fd, 1, 0, 0, NULL, 0)) == 1, "not submitted");
	ring_expect_empty(&ring);
	must(eventfd_write(event, 1));
	must(getpid());
	check(__atomic_load_n(flags, __ATOMIC_ACQUIRE) & SQ_TASKRUN, "nothing is said to wait (flags %#x)", *flags);
	ring_expect_empty(&ring);
	must(syscall(SYS_io_uring_enter, ring.fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0));
	ring_expect(&ring, 0x77, POLLIN);
	check(!(__atomic_load_n(flags, __ATOMIC_ACQUIRE) & SQ_TASKRUN), "something is said to wait");
	must(eventfd_read(event, &(eventfd_t){ 0 }));
}

static void *work(void *unused)
{
	ring_open(&ring, 16, SINGLE_ISSUER | DEFER_TASKRUN | TASKRUN_FLAG);
	for (uint64_t i = 0; i < USES; i++) {
		ring_add(&ring, IORING_OP_NOP, -1, i);
		ring_submit(&ring, 1, 1);
		ring_expect(&ring, i, 0);
	}
	for (uint64_t i = 0; i < UNREAD; i++)
		ring_add(&ring, IORING_OP_NOP, -1, 0x2000 + i);
	ring_submit(&ring, UNREAD, UNREAD);
	ring_add(&ring, IORING_OP_NOP, -1, 0x3000);
	test_ready();
	test_wait();
	for (uint64_t i = 0; i < UNREAD; i++)
		ring_expect(&ring, 0x2000 + i, 0);
	ring_expect_empty(&ring);
	ring_submit(&ring, 1, 1);
	ring_expect(&ring, 0x3000, 0);
	expect_deferred();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	event = must(eventfd(0, 0));
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	check(!pthread_join(thread, NULL), "the thread is gone");
	check(syscall(SYS_io_uring_enter, ring.fd, 1, 0, 0, NULL, 0) < 0 && errno == EEXIST,
	      "another thread may use the ring, too");
	pass();
}
