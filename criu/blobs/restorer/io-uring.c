// SPDX-License-Identifier: GPL-2.0-only
/* Steps of the restorer for io_uring: its queues, then buffers that are registered with it, then what threads have to do
 * with it.
 *
 * The kernel maps the queues where it likes, and refuses any address, also to move them to one
 * (io_uring_get_unmapped_area()). It is asked again and again, and where it would go is filled up, until only the wanted
 * place is left. */
#include <asm/mman.h>
#include <errno.h>
#include <linux/mman.h>

#include "criu/blobs/restorer/internal.h"

#define PAGE 4096UL
#define GAPS_MAX 256
/* linux/io_uring.h */
#define REGISTER_BUFFERS 0
#define REGISTER_ENABLE 12
#define REGISTER_BUFFERS2 15
#define REGISTER_RING_FDS 20

struct range {
	uint64_t start, end;
};

struct corner {
	const struct restorer_mapping *wanted;
	uint64_t lowest, highest;
	struct range filled[GAPS_MAX];
	unsigned int nr;
};

static int is_error(long address)
{
	return address < 0 && address > -4096;
}

static int fill(uint64_t start, uint64_t length)
{
	long address = call(__NR_mmap, start, length, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	return !is_error(address);
}

/* Further and further, down to @limit or to whatever is in the way. */
static uint64_t fill_down(uint64_t start, uint64_t limit, uint64_t step)
{
	while (step >= PAGE && start > limit) {
		uint64_t length = step < start - limit ? step : start - limit;

		if (fill(start - length, length)) {
			start -= length;
			step *= 2;
		} else {
			step = length / 2 & ~(PAGE - 1);
		}
	}
	return start;
}

static uint64_t fill_up(uint64_t end, uint64_t limit, uint64_t step)
{
	while (step >= PAGE && end < limit) {
		uint64_t length = step < limit - end ? step : limit - end;

		if (fill(end, length)) {
			end += length;
			step *= 2;
		} else {
			step = length / 2 & ~(PAGE - 1);
		}
	}
	return end;
}

/* The gap in which the kernel chose @start, but for the wanted place. */
static long fill_gap(struct corner *corner, uint64_t start)
{
	const struct restorer_mapping *wanted = corner->wanted;
	uint64_t wanted_end = wanted->start + wanted->length, end = start + wanted->length, from = start, to = end;
	struct range *range = &corner->filled[corner->nr];

	if (corner->nr == GAPS_MAX)
		return -ENOSPC;
	/* A place that overlaps the wanted one: the side on which it stands out. */
	if (start < wanted->start && end > wanted->start)
		to = wanted->start;
	if (start > wanted->start && start < wanted_end)
		from = wanted_end;
	if (!fill(from, to - from))
		return -EEXIST;
	range->start = fill_down(from, from >= wanted_end ? wanted_end : corner->lowest, wanted->length);
	range->end = fill_up(to, to <= wanted->start ? wanted->start : corner->highest, wanted->length);
	corner->nr++;
	return 0;
}

static long ask(const struct restorer_mapping *wanted, uint64_t address, int flags)
{
	return call(__NR_mmap, address, wanted->length, wanted->prot, wanted->flags | flags, wanted->fd,
		    wanted->offset);
}

static long corner_it(struct corner *corner)
{
	long error = 0, address;

	while (!error) {
		address = ask(corner->wanted, 0, 0);
		if (is_error(address))
			return address;
		if ((uint64_t)address == corner->wanted->start)
			return 0;
		error = call(__NR_munmap, address, corner->wanted->length);
		if (!error)
			error = fill_gap(corner, address);
	}
	return error;
}

/* Kernels before 6.4 take an address. */
static long map_cornered(struct context *context, const struct restorer_mapping *wanted)
{
	struct corner corner = { .wanted = wanted, .lowest = PAGE, .highest = context->task->task_size };
	long error = ask(wanted, wanted->start, MAP_FIXED_NOREPLACE);

	if (error != -EINVAL)
		return is_error(error) ? error : 0;
	error = corner_it(&corner);
	while (corner.nr-- > 0)
		call(__NR_munmap, corner.filled[corner.nr].start,
		     corner.filled[corner.nr].end - corner.filled[corner.nr].start);
	return error;
}

long step_map_cornered(struct context *context)
{
	const struct restorer_mapping *mappings = at_offset(context, context->task->mappings);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->task->nr_mappings; i++) {
		context->value = mappings[i].start;
		if (mappings[i].cornered)
			error = map_cornered(context, &mappings[i]);
	}
	return error;
}

/* struct io_uring_rsrc_register */
static long register_tagged(struct context *context, const struct restorer_ring_buffers *ring)
{
	struct {
		uint32_t nr, flags;
		uint64_t reserved, data, tags;
	} buffers = { ring->nr, 0, 0, (uint64_t)at_offset(context, ring->buffers),
		      (uint64_t)at_offset(context, ring->tags) };

	return call(__NR_io_uring_register, ring->fd, REGISTER_BUFFERS2, &buffers, sizeof(buffers));
}

/* When the memory that they lie in is as it was. */
long step_register_buffers(struct context *context)
{
	const struct restorer_ring_buffers *rings = at_offset(context, context->task->ring_buffers);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->task->nr_ring_buffers; i++) {
		context->value = rings[i].nr;
		error = rings[i].tags ? register_tagged(context, &rings[i])
				      : call(__NR_io_uring_register, rings[i].fd, REGISTER_BUFFERS,
					     at_offset(context, rings[i].buffers), rings[i].nr);
	}
	return error;
}

static void store(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* Empty requests, that do nothing; all but the last completions are taken as read. */
static long bring_forward(const struct restorer_ring *ring, uint8_t *queues)
{
	for (uint32_t at = 0, nr; at != ring->all; at += nr) {
		uint32_t left = (at < ring->read ? ring->read : ring->all) - at;
		long done;

		nr = left < ring->step ? left : ring->step;
		store((uint32_t *)(queues + ring->tail), at + nr);
		done = call(__NR_io_uring_enter, ring->fd, nr, 0, 0, 0, 0);
		if (done != (long)nr)
			return done < 0 ? done : -EIO;
		if (at < ring->read)
			store((uint32_t *)(queues + ring->head), at + nr);
	}
	return 0;
}

/* Who enables a ring is who may submit. Head and tail are in the first page of the queues. */
static long bind_ring(const struct restorer_ring *ring)
{
	long queues = call(__NR_mmap, 0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	long error = is_error(queues) ? queues : call(__NR_io_uring_register, ring->fd, REGISTER_ENABLE, 0, 0);

	if (!error)
		error = bring_forward(ring, (uint8_t *)queues);
	if (!is_error(queues))
		call(__NR_munmap, queues, PAGE);
	return error;
}

/* struct io_uring_rsrc_update. The number of those that were registered is returned. */
static long give_number(const struct restorer_ring *ring)
{
	struct {
		uint32_t number, reserved;
		uint64_t fd;
	} update = { (uint32_t)ring->number, 0, (uint32_t)ring->fd };
	long done = call(__NR_io_uring_register, ring->fd, REGISTER_RING_FDS, &update, 1);

	return done == 1 ? 0 : done < 0 ? done : -EBUSY;
}

long step_take_rings(struct context *context)
{
	const struct restorer_ring *rings = at_offset(context, context->thread->rings);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->thread->nr_rings; i++) {
		context->value = (uint64_t)rings[i].fd;
		error = rings[i].bound ? bind_ring(&rings[i]) : give_number(&rings[i]);
	}
	return error;
}
