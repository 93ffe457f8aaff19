/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files about io_uring have in common: calls, limits, a ring as somebody who has its descriptor sees it. */
#ifndef CRIU_OBJECTS_FD_IO_URING_INTERNAL_H
#define CRIU_OBJECTS_FD_IO_URING_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/io_uring.h>

#include "io-uring.pb-c.h"

/* Not in the headers of older systems. */
#define RING_SETUP_SUBMIT_ALL (1U << 7)
#define RING_SETUP_COOP_TASKRUN (1U << 8)
#define RING_SETUP_TASKRUN_FLAG (1U << 9)
#define RING_SETUP_SQE128 (1U << 10)
#define RING_SETUP_CQE32 (1U << 11)
#define RING_SETUP_SINGLE_ISSUER (1U << 12)
#define RING_SETUP_DEFER_TASKRUN (1U << 13)
#define RING_SETUP_NO_MMAP (1U << 14)
#define RING_SETUP_NO_SQARRAY (1U << 16)
#define RING_SETUP_HYBRID_IOPOLL (1U << 17)
#define RING_SETUP_CQE_MIXED (1U << 18)
#define RING_CQ_EVENTFD_DISABLED 1U
#define RING_REGISTER_EVENTFD_ASYNC 7
#define RING_REGISTER_FILES2 13
#define RING_REGISTER_WORKERS 19
#define RING_REGISTER_FILE_ALLOC_RANGE 25
#define RING_REGISTER_BUFFER_STATUS 26
#define RING_REGISTER_NAPI 27
#define RING_REGISTER_CLOCK 29
#define RING_REGISTER_MEMORY_REGION 34
#define RING_CQE_SKIP_SUCCESS (1U << 6)

#define RING_SQ_MAX 32768U
#define RING_CQ_MAX 65536U
/* So many requests are repeated as no-ops: some seconds. */
#define RING_STEPS_MAX (1U << 26)
/* Those that a record may have; others are refused, or make no difference to what the ring does. */
#define RING_KEPT_FLAGS                                                                                \
	(IORING_SETUP_IOPOLL | IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED | RING_SETUP_SUBMIT_ALL | \
	 RING_SETUP_COOP_TASKRUN | RING_SETUP_TASKRUN_FLAG | RING_SETUP_SQE128 | RING_SETUP_CQE32 |    \
	 RING_SETUP_SINGLE_ISSUER | RING_SETUP_DEFER_TASKRUN | RING_SETUP_NO_SQARRAY |                 \
	 RING_SETUP_HYBRID_IOPOLL | RING_SETUP_CQE_MIXED)
/* Acts when the ring is made only, or on rings with a thread of the kernel. */
#define RING_DROPPED_FLAGS (IORING_SETUP_CLAMP | IORING_SETUP_ATTACH_WQ | IORING_SETUP_SQ_AFF)

enum ring_position { RING_SQ_HEAD, RING_SQ_TAIL, RING_CQ_HEAD, RING_CQ_TAIL, RING_POSITIONS };
enum ring_counter { RING_DROPPED, RING_OVERFLOW, RING_CQ_FLAGS, RING_COUNTERS };
enum ring_contents { RING_ARRAY, RING_SQES, RING_CQES, RING_CONTENTS };
#define RING_OFFSETS 16

/* A ring made or looked at by this process. */
struct ring_view {
	struct io_uring_params params;
	int fd; /* -EBADF */
	uint8_t *queues, *sqes;
	size_t queues_size, sqes_size;
};

int ring_enter(int fd, unsigned int submit, unsigned int flags);
int ring_register(int fd, unsigned int opcode, void *argument, unsigned int nr);

size_t ring_sqe_size(uint32_t setup_flags);
size_t ring_cqe_size(uint32_t setup_flags);
/* A new ring, and its queues mapped. */
int ring_make(uint32_t sq_entries, uint32_t cq_entries, uint32_t setup_flags, struct ring_view *ret);
/* Maps those of view->fd, by view->params. */
int ring_map(struct ring_view *view);
void ring_forget(struct ring_view *view);
/* Places that the two share with the program, of struct io_sqring_offsets and io_cqring_offsets. */
void ring_offsets(const struct io_uring_params *params, uint32_t *ret_offsets);

static inline uint32_t *ring_word(const struct ring_view *view, uint32_t offset)
{
	return (uint32_t *)(view->queues + offset);
}

/* Copies of the queues of a ring, which may be larger than they are: what is not there is zero. */
struct ring_memory {
	uint8_t *queues, *sqes;
	size_t queues_size, sqes_size;
	/* How much of them programs have mapped at most. */
	uint64_t queues_mapped, sqes_mapped;
};

/* Finds the forms of the entries: RING_SETUP_SQE128, RING_SETUP_CQE32. @ret_array: is the array of indices in use?
 * Returns NULL or what cannot be told. */
const char *ring_find_form(const struct ring_memory *memory, const uint32_t *positions, uint32_t sq_entries,
			   uint32_t cq_entries, uint32_t *ret_flags, bool *ret_array);

#endif
