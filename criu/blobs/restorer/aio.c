// SPDX-License-Identifier: GPL-2.0-only
/* Steps of the restorer for AIO contexts. Where its next event goes the kernel keeps to itself: a new context is brought
 * there by reads of nothing, which are completed at once. What had been taken out of the ring is taken out again, so that
 * as many requests as before find room. */
#include <asm/mman.h>
#include <errno.h>
#include <linux/aio_abi.h>
#include <linux/mman.h>
#include <stdbool.h>

#include "criu/blobs/restorer/aio-ring.h"
#include "criu/blobs/restorer/internal.h"

#define CPU_WORDS 128

static long complete_one(aio_context_t id, int fd)
{
	struct iocb request = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd };
	struct iocb *list[] = { &request };
	long result = call(__NR_io_submit, id, 1, list);

	return result == 1 ? 0 : result < 0 ? result : -EIO;
}

static long bring_forward(struct aio_ring *ring, const struct aio_ring *old, aio_context_t id, int fd)
{
	volatile struct aio_ring *now = ring;
	long error = 0;

	while (!error && now->tail != old->head) {
		error = complete_one(id, fd);
		now->head = now->tail;
	}
	while (!error && now->tail != old->tail)
		error = complete_one(id, fd);
	return error;
}

/* Room for requests is kept by processor, and may be left behind on another one: on one only. Who may not choose (a task
 * with a deadline) has to do without. */
static long replay(struct aio_ring *ring, const struct aio_ring *old, aio_context_t id, int fd)
{
	uint64_t before[CPU_WORDS], one[CPU_WORDS] = {};
	unsigned int cpu = 0;
	long size = call(__NR_sched_getaffinity, 0, sizeof(before), before), error;

	if (size > 0 && !call(__NR_getcpu, &cpu, 0, 0) && cpu < CPU_WORDS * 64) {
		one[cpu / 64] = 1ULL << (cpu % 64);
		call(__NR_sched_setaffinity, 0, size, one);
	}
	error = bring_forward(ring, old, id, fd);
	if (size > 0)
		call(__NR_sched_setaffinity, 0, size, before);
	return error;
}

static bool is_alike(const struct aio_ring *ring, const struct aio_ring *old)
{
	return old->nr == ring->nr && old->magic == AIO_RING_MAGIC && ring->magic == AIO_RING_MAGIC &&
	       old->head < old->nr && old->tail < old->nr;
}

static void copy_events(struct aio_ring *ring, const struct aio_ring *old)
{
	const uint64_t *from = (const uint64_t *)(old + 1);
	uint64_t *to = (uint64_t *)(ring + 1);

	for (uint64_t i = 0; i < old->nr * (AIO_EVENT_SIZE / sizeof(*to)); i++)
		to[i] = from[i];
}

static long make_context(const struct restorer_aio *aio, int fd)
{
	const struct aio_ring *old = (const struct aio_ring *)(uintptr_t)aio->address;
	aio_context_t id = 0;
	struct aio_ring *ring;
	long error = call(__NR_io_setup, aio->requests, &id);

	if (error)
		return error;
	ring = (struct aio_ring *)(uintptr_t)id;
	if (!ring || !is_alike(ring, old))
		return -EINVAL;
	error = replay(ring, old, id, fd);
	if (error)
		return error;
	copy_events(ring, old);
	error = call(__NR_mremap, id, aio->length, aio->length, MREMAP_MAYMOVE | MREMAP_FIXED, aio->address);
	return error < 0 && error > -4096 ? error : 0;
}

long step_make_aio(struct context *context)
{
	const struct restorer_aio *contexts = at_offset(context, context->task->aios);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->task->nr_aios; i++) {
		context->value = contexts[i].address;
		error = make_context(&contexts[i], context->task->exe_fd);
	}
	return error;
}
