/* SPDX-License-Identifier: GPL-2.0-only */
/* A list of runs of pages in order of address: what is to be copied, or what an image has. */
#ifndef CRIU_PAGES_PAGE_MAP_H
#define CRIU_PAGES_PAGE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

/* Flags of pagemap entries (images/pagemap.proto). */
#define PAGES_PARENT 1U	 /* contents are in the parent image */
#define PAGES_LAZY 2U	 /* may be brought in on demand */
#define PAGES_PRESENT 4U /* contents are in the pages file */
#define PAGES_ENTRY_FLAGS 7U
/* Ours, never written: pages of zeros count, since something else would show without them. */
#define PAGES_KEEP_ZERO 0x100U
/* Ours: some of the pages may be shared copy-on-write. Reading must leave them so. */
#define PAGES_HAVE_RELATIVES 0x200U

struct page_run {
	uint64_t start, end; /* bytes, multiples of the page size; an address or an offset in an object */
	uint32_t flags;
};

struct page_map {
	struct page_run *runs;
	size_t count, room;
};

static inline uint64_t page_run_pages(const struct page_run *run)
{
	return (run->end - run->start) / PAGE_SIZE;
}

/* Appends; a run that touches the last one and has its flags becomes part of it. -EINVAL: empty, not made of pages,
 * or not behind the last one. */
int page_map_add(struct page_map *map, uint64_t start, uint64_t end, uint32_t flags);
/* Index of the first run that ends behind @address; count when there is none. */
size_t page_map_find(const struct page_map *map, uint64_t address);
/* Does any page of [start, end) belong to a run? */
int page_map_touches(const struct page_map *map, uint64_t start, uint64_t end);
/* Pages of runs that have one of @flags. */
uint64_t page_map_pages(const struct page_map *map, uint32_t flags);
/* Accepts a zeroed map. */
void page_map_free(struct page_map *map);

#define _cleanup_page_map_ _cleanup_(page_map_free)

#endif
