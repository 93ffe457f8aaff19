// SPDX-License-Identifier: GPL-2.0-only
/* Rings of this process: made to compare with, or to be given to a task. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/objects/fd/io-uring-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

int ring_enter(int fd, unsigned int submit, unsigned int flags)
{
	long result = syscall(SYS_io_uring_enter, fd, submit, 0, flags, NULL, 0);

	return result < 0 ? -errno : (int)result;
}

int ring_register(int fd, unsigned int opcode, void *argument, unsigned int nr)
{
	long result = syscall(SYS_io_uring_register, fd, opcode, argument, nr);

	return result < 0 ? -errno : (int)result;
}

size_t ring_sqe_size(uint32_t setup_flags)
{
	return setup_flags & RING_SETUP_SQE128 ? 128 : 64;
}

size_t ring_cqe_size(uint32_t setup_flags)
{
	return setup_flags & RING_SETUP_CQE32 ? 32 : 16;
}

int ring_map(struct ring_view *view)
{
	const struct io_uring_params *params = &view->params;
	size_t cqes = params->cq_off.cqes + params->cq_entries * ring_cqe_size(params->flags);
	size_t array = params->sq_off.array + params->sq_entries * sizeof(uint32_t);
	void *memory;

	view->queues_size = MAX(cqes, array);
	view->sqes_size = params->sq_entries * ring_sqe_size(params->flags);
	memory = mmap(NULL, view->queues_size, PROT_READ | PROT_WRITE, MAP_SHARED, view->fd, IORING_OFF_SQ_RING);
	if (memory == MAP_FAILED)
		return -errno;
	view->queues = memory;
	memory = mmap(NULL, view->sqes_size, PROT_READ | PROT_WRITE, MAP_SHARED, view->fd, IORING_OFF_SQES);
	if (memory == MAP_FAILED)
		return -errno;
	view->sqes = memory;
	return 0;
}

void ring_forget(struct ring_view *view)
{
	if (view->queues)
		munmap(view->queues, view->queues_size);
	if (view->sqes)
		munmap(view->sqes, view->sqes_size);
	if (view->fd >= 0)
		close(view->fd);
	*view = (struct ring_view){ .fd = -EBADF };
}

int ring_make(uint32_t sq_entries, uint32_t cq_entries, uint32_t setup_flags, struct ring_view *ret)
{
	int error;

	*ret = (struct ring_view){ .params = { .flags = setup_flags | IORING_SETUP_CQSIZE,
					       .cq_entries = cq_entries } };
	ret->fd = (int)syscall(SYS_io_uring_setup, sq_entries, &ret->params);
	if (ret->fd < 0)
		return -errno;
	error = ring_map(ret);
	if (!error && (ret->params.sq_entries != sq_entries || ret->params.cq_entries != cq_entries))
		error = -EINVAL;
	if (error < 0)
		ring_forget(ret);
	return error;
}

/* The array is not among them: who does not use it does not know where it is. */
void ring_offsets(const struct io_uring_params *params, uint32_t *ret_offsets)
{
	const uint32_t offsets[RING_OFFSETS] = {
		params->sq_off.head,	  params->sq_off.tail,
		params->sq_off.ring_mask, params->sq_off.ring_entries,
		params->sq_off.flags,	  params->sq_off.dropped,
		params->sq_off.array,	  0,
		params->cq_off.head,	  params->cq_off.tail,
		params->cq_off.ring_mask, params->cq_off.ring_entries,
		params->cq_off.overflow,  params->cq_off.cqes,
		params->cq_off.flags,
	};

	memcpy(ret_offsets, offsets, sizeof(offsets));
}
