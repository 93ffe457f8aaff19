/* SPDX-License-Identifier: GPL-2.0-only */
/* A small ring by bare system calls. */
#ifndef ZDTM_IO_URING_RING_H
#define ZDTM_IO_URING_RING_H

#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

struct ring {
	struct io_uring_params params;
	int fd;
	uint8_t *queues, *completions;
	struct io_uring_sqe *sqes;
	uint32_t tail; /* of submission: the program's own count */
};

static inline uint32_t *ring_word(const struct ring *ring, uint32_t offset)
{
	return (uint32_t *)(ring->queues + offset);
}

static inline void *ring_map(int fd, size_t size, off_t offset)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);

	check(memory != MAP_FAILED, "mmap at %lx: %s", (long)offset, strerror(errno));
	return memory;
}

/* The submission queue is mapped for itself and together with the other one. */
static inline void ring_open(struct ring *ring, unsigned int entries, unsigned int flags)
{
	*ring = (struct ring){ .params.flags = flags };
	ring->fd = (int)syscall(SYS_io_uring_setup, entries, &ring->params);
	if (ring->fd < 0)
		skip("io_uring_setup: %s", strerror(errno));
	ring->queues = ring_map(ring->fd, ring->params.sq_off.array + ring->params.sq_entries * 4,
				IORING_OFF_SQ_RING);
	ring->completions = ring_map(ring->fd, ring->params.cq_off.cqes + ring->params.cq_entries * 16,
				     IORING_OFF_CQ_RING);
	ring->sqes = (struct io_uring_sqe *)ring_map(ring->fd, ring->params.sq_entries * sizeof(*ring->sqes),
						     IORING_OFF_SQES);
	for (uint32_t i = 0; i < ring->params.sq_entries; i++)
		ring_word(ring, ring->params.sq_off.array)[i] = i;
}

static inline struct io_uring_sqe *ring_add(struct ring *ring, int opcode, int fd, uint64_t number)
{
	struct io_uring_sqe *sqe = &ring->sqes[ring->tail++ & (ring->params.sq_entries - 1)];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = (uint8_t)opcode;
	sqe->fd = fd;
	sqe->user_data = number;
	__atomic_store_n(ring_word(ring, ring->params.sq_off.tail), ring->tail, __ATOMIC_RELEASE);
	return sqe;
}

static inline void ring_submit(const struct ring *ring, unsigned int nr, unsigned int wait)
{
	long done = must(syscall(SYS_io_uring_enter, ring->fd, nr, wait, IORING_ENTER_GETEVENTS, NULL, 0));

	check(done == (long)nr, "%ld submitted, not %u", done, nr);
}

static inline void ring_expect(const struct ring *ring, uint64_t number, int result)
{
	uint32_t *head = ring_word(ring, ring->params.cq_off.head),
		 *tail = ring_word(ring, ring->params.cq_off.tail);
	const struct io_uring_cqe *cqe;

	check(*head != __atomic_load_n(tail, __ATOMIC_ACQUIRE), "no completion %lx", (unsigned long)number);
	cqe = (const struct io_uring_cqe *)(ring->completions + ring->params.cq_off.cqes) +
	      (*head & (ring->params.cq_entries - 1));
	check(cqe->user_data == number, "completion %lx, not %lx", (unsigned long)cqe->user_data,
	      (unsigned long)number);
	check(cqe->res == result, "completion %lx: %d, not %d", (unsigned long)number, cqe->res, result);
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
}

static inline void ring_expect_empty(const struct ring *ring)
{
	check(*ring_word(ring, ring->params.cq_off.head) == *ring_word(ring, ring->params.cq_off.tail),
	      "a completion too many");
}

/* Writes and reads back, one at a time. */
static inline void ring_go_round(struct ring *ring, int fd, uint64_t number, unsigned int times)
{
	uint64_t data;

	for (unsigned int i = 0; i < times; i++, number++) {
		struct io_uring_sqe *sqe = ring_add(ring, IORING_OP_WRITE, fd, number);

		data = number * 77;
		sqe->addr = (uintptr_t)&data;
		sqe->len = sizeof(data);
		ring_submit(ring, 1, 1);
		ring_expect(ring, number, sizeof(data));
		data = 0;
		check(pread(fd, &data, sizeof(data), 0) == sizeof(data) && data == number * 77,
		      "%lu was not written", (unsigned long)number);
	}
}

#endif
