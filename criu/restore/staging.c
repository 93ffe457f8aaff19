// SPDX-License-Identifier: GPL-2.0-only
/* Holes in address spaces. */
#include "criu/restore/staging.h"

#include <errno.h>
#include <stdlib.h>

#include "criu/util/macros.h"

#define LARGE_PAGE (2UL << 20)
#define HUGE_PAGE (1UL << 30)

static int compare_ranges(const void *a, const void *b)
{
	const struct address_range *left = a, *right = b;

	return left->start < right->start ? -1 : left->start > right->start;
}

static void keep_larger(struct address_range *best, uint64_t start, uint64_t end)
{
	if (start < end && end - start > best->end - best->start)
		*best = (struct address_range){ .start = start, .end = end };
}

static struct address_range largest_hole(struct address_range *ranges, size_t nr, uint64_t low, uint64_t high)
{
	struct address_range best = { 0 };
	uint64_t free_from = low;

	if (nr)
		qsort(ranges, nr, sizeof(*ranges), compare_ranges);
	for (size_t i = 0; i < nr; i++) {
		keep_larger(&best, free_from, MIN(ranges[i].start, high));
		free_from = MAX(free_from, ranges[i].end);
	}
	keep_larger(&best, free_from, high);
	return best;
}

int staging_find_hole(struct address_range *ranges, size_t nr, uint64_t low, uint64_t high,
		      struct address_range *ret_hole)
{
	struct address_range best = largest_hole(ranges, nr, low, high);

	if (best.end - best.start <= 2 * STAGING_MARGIN)
		return -ENOSPC;
	*ret_hole = (struct address_range){ best.start + STAGING_MARGIN, best.end - STAGING_MARGIN };
	return 0;
}

int staging_find_room(struct address_range *ranges, size_t nr, uint64_t low, uint64_t high, uint64_t length,
		      uint64_t *ret_address)
{
	struct address_range best = largest_hole(ranges, nr, low, high);

	if (best.end - best.start < length)
		return -ENOSPC;
	*ret_address = (best.start + (best.end - best.start - length) / 2) & ~(PAGE_SIZE - 1);
	return 0;
}

uint64_t staging_align(uint64_t from, uint64_t target, uint64_t length)
{
	uint64_t unit = length >= HUGE_PAGE ? HUGE_PAGE : LARGE_PAGE;

	return from + ((target - from) & (unit - 1));
}
