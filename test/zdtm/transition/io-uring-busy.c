// SPDX-License-Identifier: GPL-2.0-only
/* A thread writes and reads by its own io_uring all the time while the tree is dumped and restored, some of it by workers of
 * the kernel: file, buffer, eventfd and the ring itself are registered; the eventfd is told of each round.
 *
 * skip-if: no-io-uring no-kernel-types
 * flavours: host ns
 * iterations: 10
 */
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/uio.h>

#include "../static/io-uring/ring.h"

#define SINGLE_ISSUER (1U << 12)
#define DEFER_TASKRUN (1U << 13)
#define REGISTER_RING_FDS 20
#define ENTER_REGISTERED (1U << 4)
#define SIZE (2 * TEST_PAGE)
#define NUMBER 4 /* of the ring */

static struct ring ring;
static uint8_t *memory;
static int data, event;

/* It may be interrupted by the dump. */
static void enter(unsigned int submit)
{
	const uint32_t *head = ring_word(&ring, ring.params.cq_off.head),
		       *tail = ring_word(&ring, ring.params.cq_off.tail);

	do {
		long result = syscall(SYS_io_uring_enter, NUMBER, submit, 1,
				      IORING_ENTER_GETEVENTS | ENTER_REGISTERED, NULL, 0);

		check(result >= 0 || errno == EINTR, "io_uring_enter: %s", strerror(errno));
		submit -= result > 0 ? (unsigned int)result : 0;
	} while (__atomic_load_n(tail, __ATOMIC_ACQUIRE) == *head);
}

static void transfer(int opcode, uint64_t number)
{
	struct io_uring_sqe *sqe = ring_add(&ring, opcode, 0, number);

	sqe->flags = IOSQE_FIXED_FILE | (number % 3 ? 0 : IOSQE_ASYNC);
	sqe->addr = (uintptr_t)memory;
	sqe->len = SIZE;
	enter(1);
	ring_expect(&ring, number, SIZE);
}

static void register_all(void)
{
	struct iovec buffer = { memory, SIZE };
	struct io_uring_rsrc_update number = { .offset = NUMBER, .data = (uint64_t)ring.fd };

	must(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, &data, 1));
	must(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, &buffer, 1));
	must(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_EVENTFD, &event, 1));
	must(syscall(SYS_io_uring_register, ring.fd, REGISTER_RING_FDS, &number, 1));
}

static void *work(void *unused)
{
	eventfd_t some;

	ring_open(&ring, 8, SINGLE_ISSUER | DEFER_TASKRUN);
	register_all();
	test_ready();
	for (uint32_t i = 0; !test_stopped(); i++) {
		test_fill(memory, SIZE, i);
		transfer(IORING_OP_WRITE_FIXED, 2UL * i);
		memset(memory, 0, SIZE);
		transfer(IORING_OP_READ_FIXED, 2UL * i + 1);
		check(test_differs(memory, SIZE, i) < 0, "round %u: other data", i);
		must(eventfd_read(event, &some));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	data = must(memfd_create("data", 0));
	event = must(eventfd(0, EFD_NONBLOCK));
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	check(!pthread_join(thread, NULL), "the thread is gone");
	pass();
}
