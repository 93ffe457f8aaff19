/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel knows of a ring and tells nobody: read in its memory (struct io_ring_ctx). */
#ifndef CRIU_OBJECTS_FD_IO_URING_INSIDE_H
#define CRIU_OBJECTS_FD_IO_URING_INSIDE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct dump;
struct fd_info;
struct task;

#define RING_NUMBERS 16 /* IO_RINGFD_REG_MAX */
#define RING_ENDED (-1) /* in place of a thread */

/* A file in the table of a ring. */
struct ring_slot {
	uint32_t number;
	uint64_t tag;
	const struct fd_info *fd; /* NULL: open nowhere in the tree */
};

/* A thread that has numbers for the ring (IORING_REGISTER_RING_FDS). */
struct ring_caller {
	pid_t tid;
	uint32_t numbers; /* bit n: number n */
};

struct ring_inside {
	int error; /* 0: the rest is known */
	uint64_t file, context;
	uint64_t setup_flags;
	uint64_t issuer; /* struct task_struct of the thread that alone may submit; 0: any may */
	pid_t issuer_tid;
	uint64_t restricted, personalities, groups, region, receivers, one_receiver;
	uint64_t clock; /* CLOCK_* */
	uint64_t event; /* struct io_ev_fd; 0: none */
	const struct fd_info *event_fd;
	uint64_t event_async;
	uint64_t has_worker_limits;
	uint32_t worker_limits[2];
	uint64_t nr_files, range_start, range_end;
	struct ring_slot *slots;
	uint32_t nr_slots;
	struct ring_caller *callers;
	uint32_t nr_callers;
};

/* How many requests of a ring, that @fd of this process is, have not ended; of older kernels, whether some of them have not.
 * -errno, not logged: that is not known. */
int ring_count_requests(struct dump *dump, int fd, uint64_t *ret_nr);
/* Of a ring that @fd of this process is. */
void ring_look_inside(struct dump *dump, int fd, struct ring_inside *ret);

#endif
