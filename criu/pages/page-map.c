// SPDX-License-Identifier: GPL-2.0-only
/* Runs of pages in order of address. */
#include "criu/pages/page-map.h"

int page_map_add(struct page_map *map, uint64_t start, uint64_t end, uint32_t flags)
{
	struct page_run *last = map->count ? &map->runs[map->count - 1] : NULL;

	if (start >= end || (start | end) % PAGE_SIZE || (last && start < last->end))
		return -EINVAL;
	if (last && last->end == start && last->flags == flags) {
		last->end = end;
		return 0;
	}
	if (!map->runs || map->count == map->room) {
		size_t room = map->room ? map->room * 2 : 64;
		void *larger = reallocarray(map->runs, room, sizeof(*map->runs));

		if (!larger)
			return -ENOMEM;
		map->runs = larger;
		map->room = room;
	}
	map->runs[map->count++] = (struct page_run){ .start = start, .end = end, .flags = flags };
	return 0;
}

size_t page_map_find(const struct page_map *map, uint64_t address)
{
	size_t low = 0, high = map->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->runs[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int page_map_touches(const struct page_map *map, uint64_t start, uint64_t end)
{
	size_t at = page_map_find(map, start);

	return at < map->count && map->runs[at].start < end;
}

uint64_t page_map_pages(const struct page_map *map, uint32_t flags)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < map->count; i++) {
		if (map->runs[i].flags & flags)
			pages += page_run_pages(&map->runs[i]);
	}
	return pages;
}

void page_map_free(struct page_map *map)
{
	free(map->runs);
	*map = (struct page_map){ 0 };
}
