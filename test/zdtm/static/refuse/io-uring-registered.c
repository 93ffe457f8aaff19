// SPDX-License-Identifier: GPL-2.0-only
/* Rings with things registered that nobody in the tree has, or that are not kept, with a buffer whose place has other memory
 * now, with a thread of the kernel, with a request that waits for an event, and one that nobody can use any more: each is
 * refused by name.
 *
 * skip-if: no-io-uring no-kernel-types
 * refuses: has an eventfd registered that no task; number 3, '/memfd:lost; buffers registered, that are no memory any more; SQPOLL; that wait for an event; bound to a thread that has ended; groups of provided buffers; IORING_REGISTER_RESTRICTIONS; personalities; IORING_SETUP_NO_MMAP
 * kinds: io_uring
 */
#include "../io-uring/ring.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/uio.h>

#define SETUP_R_DISABLED (1U << 6)
#define SETUP_SINGLE_ISSUER (1U << 12)
#define SETUP_NO_MMAP (1U << 14)
#define REGISTER_BUFFER_GROUP 22

static struct ring bound;

static void use(struct ring *ring)
{
	for (uint64_t i = 0; i < 20; i++) {
		ring_add(ring, IORING_OP_NOP, -1, i);
		ring_submit(ring, 1, 1);
		ring_expect(ring, i, 0);
	}
}

static void register_with(struct ring *ring, int what, void *argument, unsigned int nr)
{
	ring_open(ring, 8, what == IORING_REGISTER_RESTRICTIONS ? SETUP_R_DISABLED : 0);
	must(syscall(SYS_io_uring_register, ring->fd, what, argument, nr));
}

static void wait_for_end(void *arg)
{
	test_ready();
	test_wait();
}

static void *open_bound(void *unused)
{
	ring_open(&bound, 8, SETUP_SINGLE_ISSUER);
	use(&bound);
	return NULL;
}

static void *map(void)
{
	void *memory = mmap(NULL, 8 * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(memory != MAP_FAILED, "no memory");
	return memory;
}

static void open_in_memory(void)
{
	struct io_uring_params params = { .flags = SETUP_NO_MMAP };

	/* resv2 of the offsets has become user_addr. */
	params.cq_off.resv2 = (uintptr_t)map();
	params.sq_off.resv2 = (uintptr_t)map();
	if (syscall(SYS_io_uring_setup, 4, &params) < 0)
		skip("no queues in memory of programs: %s", strerror(errno));
}

static int register_lost_things(void)
{
	struct ring events, files, groups, restricted, personal;
	struct io_uring_restriction restriction = { .opcode = IORING_RESTRICTION_SQE_OP };
	struct io_uring_buf_reg group = { .ring_addr = (uintptr_t)map(), .ring_entries = 4 };
	int lost_event = must(eventfd(0, 0)), event = must(eventfd(0, 0));
	int fds[] = { event, -1, -1, must(memfd_create("lost", 0)) };

	register_with(&events, IORING_REGISTER_EVENTFD, &lost_event, 1);
	register_with(&files, IORING_REGISTER_FILES, fds, 4);
	register_with(&groups, REGISTER_BUFFER_GROUP, &group, 1);
	register_with(&restricted, IORING_REGISTER_RESTRICTIONS, &restriction, 1);
	register_with(&personal, IORING_REGISTER_PERSONALITY, NULL, 0);
	must(close(lost_event));
	must(close(fds[3]));
	return event;
}

int main(int argc, char **argv)
{
	struct ring buffers, thread, waiting;
	struct iovec buffer = { .iov_len = TEST_PAGE };
	pthread_t issuer;
	pid_t child;
	int event;

	test_init(argc, argv);
	event = register_lost_things();
	buffer.iov_base = map();
	register_with(&buffers, IORING_REGISTER_BUFFERS, &buffer, 1);
	check(mmap(buffer.iov_base, TEST_PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED,
	      "no memory");
	memset(buffer.iov_base, 1, 1);
	ring_open(&thread, 8, IORING_SETUP_SQPOLL);
	ring_open(&waiting, 8, 0);
	use(&waiting);
	ring_add(&waiting, IORING_OP_POLL_ADD, event, 0x77)->poll_events = POLLIN;
	ring_submit(&waiting, 1, 0);
	open_in_memory();
	check(!pthread_create(&issuer, NULL, open_bound, NULL), "no thread");
	check(!pthread_join(issuer, NULL), "the thread is gone");
	child = test_child(wait_for_end, NULL);
	test_ready();
	test_wait();
	must(eventfd_write(event, 1));
	ring_submit(&waiting, 0, 1);
	ring_expect(&waiting, 0x77, POLLIN);
	use(&buffers);
	test_end_child(child);
	pass();
}
