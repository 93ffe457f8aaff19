// SPDX-License-Identifier: GPL-2.0-only
/* How large the entries of a ring are, and whether it has an array of indices, was said when it was made, and nobody
 * tells it. It is found by what is in the queues, and by how much of them was mapped:
 * - the array of a program that uses one holds ascending numbers, where it lies for one of the sizes;
 * - who has mapped less than the larger form takes has the smaller;
 * - entries that were used lie at multiples of their size. Under the wrong size, half of them would be empty;
 * - only commands to drivers use the second half of a large submission.
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

/* Entries that are of @small bytes, or of twice as many. */
struct entries {
	const uint8_t *memory;
	size_t size, start, small;
	uint32_t nr;
	uint32_t last;	  /* the last that has certainly been used */
	size_t other_end; /* of other things that may lie behind the smaller ones */
	uint64_t mapped;  /* at most by programs; 0: not at all */
};

/* NULL, or why it cannot be told. */
static const char *find_size(const struct entries *entries, bool *ret_large)
{
	size_t small_end = entries->start + entries->nr * entries->small;
	size_t end = entries->start + 2 * entries->small * (entries->last + 1UL);
	size_t last = entries->start + entries->small * entries->last;
	size_t from = end > small_end ? MAX(small_end, entries->other_end) : last + entries->small;

	*ret_large = false;
	if (entries->mapped && entries->mapped < ROUND_UP(small_end + entries->nr * entries->small, PAGE))
		return NULL;
	if (!entries->last || from + 2 * entries->small > end)
		return "has not been used enough to tell the size of its entries";
	if (is_zero(entries->memory, entries->size, from, end))
		return is_zero(entries->memory, entries->size, last, last + entries->small)
			       ? "has been used with empty entries only, which does not tell their size"
			       : NULL;
	*ret_large = from >= small_end;
	return *ret_large ? NULL : "has entries that may be of either size";
}

static uint32_t last_of(uint32_t used, uint32_t nr)
{
	return used ? MIN(used, nr) - 1 : 0;
}

static const char *find_cqe_size(const struct ring_memory *memory, const uint32_t *positions,
				 uint32_t sq_entries, uint32_t cq_entries, bool *ret_large)
{
	uint32_t submitted = MAX(MIN(positions[RING_SQ_TAIL], sq_entries), 2);
	size_t array = array_offset(cq_entries, 16);
	struct entries entries = {
		.memory = memory->queues,
		.size = memory->queues_size,
		.start = HEADER,
		.small = 16,
		.nr = cq_entries,
		.last = last_of(positions[RING_CQ_TAIL], cq_entries),
		.other_end = array + sq_entries * sizeof(uint32_t),
		.mapped = memory->queues_mapped,
	};
	bool small = is_array(memory, array, sq_entries, submitted);

	*ret_large = is_array(memory, array_offset(cq_entries, 32), sq_entries, submitted);
	return small != *ret_large ? NULL : find_size(&entries, ret_large);
}

/* Where large entries would begin there are such that have no second half. */
static bool has_small_sqes(const struct entries *sqes)
{
	for (uint32_t i = 0; i < sqes->nr; i++)
		if (sqes->memory[i * sqes->small] == IORING_OP_URING_CMD)
			return false;
	for (uint32_t i = 0; i < sqes->last; i += 2)
		if (is_zero(sqes->memory, sqes->size, (i + 1) * sqes->small, (i + 2) * sqes->small))
			return false;
	return true;
}

/* The last that was used is known by the array, if there is one. It may have any order. */
static const char *find_sqe_size(const struct ring_memory *memory, uint32_t tail, uint32_t sq_entries,
				 size_t array, bool has_array, bool *ret_large)
{
	struct entries entries = {
		.memory = memory->sqes,
		.size = memory->sqes_size,
		.small = 64,
		.nr = sq_entries,
		.last = has_array ? 0 : last_of(tail, sq_entries),
		.mapped = memory->sqes_mapped,
	};
	const char *unknown;
	uint32_t index;

	for (uint32_t i = 0; has_array && i < MIN(tail, sq_entries); i++) {
		memcpy(&index, memory->queues + array + i * sizeof(index), sizeof(index));
		entries.last = MAX(entries.last, MIN(index, sq_entries - 1));
	}
	unknown = find_size(&entries, ret_large);
	return unknown && entries.last && has_small_sqes(&entries) ? NULL : unknown;
}

/* An array that has never been filled cannot be told from none, but by the entries that were used. */
const char *ring_find_form(const struct ring_memory *memory, const uint32_t *positions, uint32_t sq_entries,
			   uint32_t cq_entries, uint32_t *ret_flags, bool *ret_array)
{
	bool large_cqes = false, large_sqes = false;
	const char *unknown = find_cqe_size(memory, positions, sq_entries, cq_entries, &large_cqes);
	size_t array = array_offset(cq_entries, large_cqes ? 32 : 16);

	*ret_array = !is_zero(memory->queues, memory->queues_size, array, array + sq_entries * sizeof(uint32_t));
	if (!unknown)
		unknown = find_sqe_size(memory, positions[RING_SQ_TAIL], sq_entries, array, *ret_array, &large_sqes);
	*ret_flags = (large_cqes ? RING_SETUP_CQE32 : 0) | (large_sqes ? RING_SETUP_SQE128 : 0);
	if (!unknown && !*ret_array && sq_entries > 1 &&
	    is_zero(memory->sqes, memory->sqes_size, 64, memory->sqes_size))
		return "has used one entry only";
	return unknown;
}
