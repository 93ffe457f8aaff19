/* SPDX-License-Identifier: GPL-2.0-only */
/* Arithmetic of addresses: where in a new process there is room for memory that has to move later. */
#ifndef CRIU_RESTORE_STAGING_H
#define CRIU_RESTORE_STAGING_H

#include <stddef.h>
#include <stdint.h>

/* Between areas: no merging, no collision of stacks with what lies below them. */
#define STAGING_GAP (2UL << 20)
/* Kept clear of what surrounds the hole: heap, stack and new mappings of the process grow. */
#define STAGING_MARGIN (1UL << 30)

struct address_range {
	uint64_t start, end;
};

/* The largest range in [low, high) that none of @ranges touches, without its margins. Sorts @ranges.
 * -ENOSPC: there is none. */
int staging_find_hole(struct address_range *ranges, size_t nr, uint64_t low, uint64_t high,
		      struct address_range *ret_hole);
/* The same without margins, for @length bytes: an address in the middle of the hole. */
int staging_find_room(struct address_range *ranges, size_t nr, uint64_t low, uint64_t high, uint64_t length,
		      uint64_t *ret_address);
/* First address from @from on for an area of @length bytes that will move to @target: they agree in their low bits,
 * so that whole page tables move and huge pages stay whole. */
uint64_t staging_align(uint64_t from, uint64_t target, uint64_t length);

#endif
