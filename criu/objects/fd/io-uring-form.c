// SPDX-License-Identifier: GPL-2.0-only
/* How large the entries of a ring are, and whether it has an array of indices, was said when it was made, and nobody
 * tells it. It is found by what is in the queues, and by how much of them was mapped:
 * - the array of a program that uses one holds ascending numbers, where it lies for one of the sizes;
 * - who has mapped less than the larger form takes has the smaller;
 * - entries that were used lie at multiples of their size. Under the wrong size, half of them would be empty.
 * What is not certain then is said to be so. */
#include <string.h>

#include "criu/objects/fd/io-uring-internal.h"
#include "criu/util/macros.h"

#define HEADER 64 /* of struct io_rings, which the entries follow; the caller has checked */
#define PAGE 4096UL

static bool is_zero(const uint8_t *memory, size_t size, size_t start, size_t end)
{
	for (size_t i = start; i < end && i < size; i++)
		if (memory[i])
			return false;
	return true;
}

/* Has @memory an array of this many indices at @offset, of which @used have been submitted? */
static bool is_array(const struct ring_memory *memory, size_t offset, uint32_t entries, uint32_t used)
{
	uint32_t index;

	if (entries < 2 || used < 2 || offset + entries * sizeof(index) > memory->queues_size)
		return false;
	for (uint32_t i = 0; i < entries; i++) {
		memcpy(&index, memory->queues + offset + i * sizeof(index), sizeof(index));
		if (index != i && (index || i < used))
			return false;
	}
	return true;
}

static size_t array_offset(uint32_t cq_entries, size_t cqe_size)
{
	return ROUND_UP(HEADER + cq_entries * cqe_size, 64);
}

/* Entries of @small bytes, of which @used (at most @entries) have been used, or of twice as many. */
static const char *find_size(const uint8_t *memory, size_t size, size_t start, size_t small, uint32_t entries,
			     uint32_t used, uint64_t mapped, bool *ret_large)
{
	size_t used_end = start + MIN(used, entries) * small;

	*ret_large = false;
	if (mapped && mapped < ROUND_UP(start + entries * small * 2, PAGE))
		return NULL;
	if (used < 2)
		return "has not been used enough";
	if (is_zero(memory, size, used_end, start + 2 * (used_end - start)))
		return is_zero(memory, size, start, used_end) ? "has been used with empty entries only" : NULL;
	*ret_large = !is_zero(memory, size, start + entries * small, start + entries * small * 2);
	return *ret_large ? NULL : "has entries that may be of either size";
}

/* Indices that are in no order. Nothing else lies there, unless entries of the larger size do. */
static bool may_be_array(const struct ring_memory *memory, size_t offset, uint32_t entries)
{
	uint32_t index, seen = 0;

	for (uint32_t i = 0; i < entries && offset + (i + 1) * sizeof(index) <= memory->queues_size; i++) {
		memcpy(&index, memory->queues + offset + i * sizeof(index), sizeof(index));
		if (index >= entries)
			return false;
		seen |= index;
	}
	return seen;
}

static const char *find_cqe_size(const struct ring_memory *memory, const uint32_t *positions,
				 uint32_t sq_entries, uint32_t cq_entries, bool *ret_large)
{
	uint32_t submitted = MAX(MIN(positions[RING_SQ_TAIL], sq_entries), 2);
	bool small = is_array(memory, array_offset(cq_entries, 16), sq_entries, submitted);
	const char *unknown;

	*ret_large = is_array(memory, array_offset(cq_entries, 32), sq_entries, submitted);
	if (small != *ret_large)
		return NULL;
	unknown = find_size(memory->queues, memory->queues_size, HEADER, 16, cq_entries,
			    positions[RING_CQ_TAIL], memory->queues_mapped, ret_large);
	if (!unknown && *ret_large && may_be_array(memory, array_offset(cq_entries, 16), sq_entries))
		return "has entries that may be of either size";
	return unknown;
}

/* An array that has never been filled cannot be told from none, but by the entries that were used. */
const char *ring_find_form(const struct ring_memory *memory, const uint32_t *positions, uint32_t sq_entries,
			   uint32_t cq_entries, uint32_t *ret_flags, bool *ret_array)
{
	bool large_cqes = false, large_sqes = false;
	const char *unknown = find_cqe_size(memory, positions, sq_entries, cq_entries, &large_cqes);
	size_t array = array_offset(cq_entries, large_cqes ? 32 : 16);

	if (!unknown)
		unknown = find_size(memory->sqes, memory->sqes_size, 0, 64, sq_entries,
				    positions[RING_SQ_TAIL], memory->sqes_mapped, &large_sqes);
	*ret_flags = (large_cqes ? RING_SETUP_CQE32 : 0) | (large_sqes ? RING_SETUP_SQE128 : 0);
	*ret_array = !is_zero(memory->queues, memory->queues_size, array, array + sq_entries * sizeof(uint32_t));
	if (!unknown && !*ret_array && sq_entries > 1 &&
	    is_zero(memory->sqes, memory->sqes_size, 64, memory->sqes_size))
		return "has used one entry only";
	return unknown;
}
