// SPDX-License-Identifier: GPL-2.0-only
/* A kernel that does not tell its types, so that its memory cannot be read: rings with things registered, with a thread of the
 * kernel, with a request that waits for an event, a disabled one, and one that was never used are refused by name.
 *
 * skip-if: no-io-uring
 * refuses: eventfd registered; files registered, and which ones cannot be told (No such file; buffers registered, and several; is disabled; SQPOLL; that wait for an event; not been used enough
 * kinds: io_uring
 */
#include "../io-uring/ring.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/uio.h>

#define TYPES "/sys/kernel/btf/vmlinux"

static void use(struct ring *ring)
{
	for (uint64_t i = 0; i < 20; i++) {
		ring_add(ring, IORING_OP_NOP, -1, i);
		ring_submit(ring, 1, 1);
		ring_expect(ring, i, 0);
	}
}

static void register_with(struct ring *ring, int what, void *argument)
{
	ring_open(ring, 8, 0);
	use(ring);
	must(syscall(SYS_io_uring_register, ring->fd, what, argument, 1));
}

static void hide_types(void)
{
	if (access(TYPES, F_OK) == 0)
		must(mount("tmpfs", "/sys/kernel/btf", "tmpfs", 0, NULL));
}

static void wait_for_end(void *arg)
{
	test_ready();
	test_wait();
}

int main(int argc, char **argv)
{
	struct ring events, files, buffers, thread, waiting, unused, disabled;
	struct iovec buffer = { .iov_len = TEST_PAGE };
	pid_t child;
	int event;

	test_init(argc, argv);
	hide_types();
	event = must(eventfd(0, 0));
	buffer.iov_base = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(buffer.iov_base != MAP_FAILED, "no memory");
	register_with(&events, IORING_REGISTER_EVENTFD, &event);
	register_with(&files, IORING_REGISTER_FILES, &event);
	register_with(&buffers, IORING_REGISTER_BUFFERS, &buffer);
	ring_open(&thread, 8, IORING_SETUP_SQPOLL);
	ring_open(&waiting, 8, 0);
	use(&waiting);
	ring_add(&waiting, IORING_OP_POLL_ADD, event, 0x77)->poll_events = POLLIN;
	ring_submit(&waiting, 1, 0);
	ring_open(&unused, 8, 0);
	ring_open(&disabled, 8, IORING_SETUP_R_DISABLED);
	child = test_child(wait_for_end, NULL);
	test_ready();
	test_wait();
	must(eventfd_write(event, 1));
	ring_submit(&waiting, 0, 1);
	ring_expect(&waiting, 0x77, POLLIN);
	use(&events);
	use(&unused);
	test_end_child(child);
	pass();
}
