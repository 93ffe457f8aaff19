// SPDX-License-Identifier: GPL-2.0-only
/* Steps of the restorer for io_uring: its queues, then buffers that are registered with it.
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
#define REGISTER_BUFFERS 0 /* IORING_REGISTER_BUFFERS */

struct range {
	uint64_t start, end;
};

struct corner {
	const struct restorer_mapping *wanted;
	uint64_t lowest, highest;
	struct range filled[GAPS_MAX];
	unsigned int nr;
};

static long is_error(long address)
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

/* When the memory that they lie in is as it was. */
long step_register_buffers(struct context *context)
{
	const struct restorer_ring_buffers *rings = at_offset(context, context->task->ring_buffers);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->task->nr_ring_buffers; i++) {
		context->value = rings[i].nr;
		error = call(__NR_io_uring_register, rings[i].fd, REGISTER_BUFFERS,
			     at_offset(context, rings[i].buffers), rings[i].nr);
	}
	return error;
}
