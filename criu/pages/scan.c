// SPDX-License-Identifier: GPL-2.0-only
/* PAGEMAP_SCAN, and the 64-bit words of /proc/PID/pagemap on kernels without. */
#include "criu/pages/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

/* From <linux/fs.h> of 6.7 (guard: 6.15), which older systems lack. */
struct scan_region {
	uint64_t start, end, categories;
};

struct scan_argument {
	uint64_t size, flags, start, end, walk_end;
	uint64_t regions, nr_regions, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define SCAN_IOCTL _IOWR('f', 16, struct scan_argument)
#define SCAN_FILE (1U << 2)
#define SCAN_PRESENT (1U << 3)
#define SCAN_SWAPPED (1U << 4)
#define SCAN_ZERO (1U << 5)
#define SCAN_GUARD (1U << 8)

/* Bits of the words: Documentation/admin-guide/mm/pagemap.rst of the kernel. */
#define WORD_PRESENT (1ULL << 63)
#define WORD_SWAPPED (1ULL << 62)
#define WORD_FILE (1ULL << 61)
#define WORD_GUARD (1ULL << 58)
#define WORD_PROTECTED (1ULL << 57)
#define WORD_FRAME ((1ULL << 55) - 1)
/* Of what is swapped out: type, then offset. The last type marks places without a page (include/linux/swapops.h). */
#define FRAME_TYPE(word) ((word)&31)
#define FRAME_MARK(word) (((word)&WORD_FRAME) >> 5)
#define TYPE_MARKER 31
#define MARK_POISONED 2

#define REGIONS 512
#define WORDS 4096

int page_scan_open(int proc_fd, struct page_scan *ret_scan)
{
	int fd = openat(proc_fd, "pagemap", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*ret_scan = (struct page_scan){ .fd = fd };
	return 0;
}

void page_scan_close(struct page_scan *scan)
{
	if (scan->fd >= 0)
		close(scan->fd);
	scan->fd = -EBADF;
}

static int scan_ioctl(struct page_scan *scan, struct scan_argument *argument, uint32_t flags, struct page_map *map)
{
	struct scan_region regions[REGIONS];

	argument->size = sizeof(*argument);
	argument->regions = (uintptr_t)regions;
	argument->nr_regions = REGIONS;
	while (argument->start < argument->end) {
		int nr = ioctl(scan->fd, SCAN_IOCTL, argument);

		if (nr < 0)
			return -errno;
		for (int i = 0; i < nr; i++) {
			int error = page_map_add(map, regions[i].start, regions[i].end, flags);

			if (error < 0)
				return error;
		}
		if (argument->walk_end <= argument->start)
			return -EIO;
		argument->start = argument->walk_end;
	}
	return 0;
}

static int scan_words(struct page_scan *scan, uint64_t start, uint64_t end, uint64_t any, uint64_t none,
		      uint32_t flags, struct page_map *map)
{
	uint64_t words[WORDS];

	while (start < end) {
		size_t wanted = MIN((end - start) / PAGE_SIZE, WORDS) * sizeof(*words);
		ssize_t got = pread(scan->fd, words, wanted, (off_t)(start / PAGE_SIZE * sizeof(*words)));

		if (got < (ssize_t)sizeof(*words))
			return got < 0 ? -errno : -ESRCH;
		for (size_t i = 0; i < (size_t)got / sizeof(*words); i++, start += PAGE_SIZE) {
			int error = 0;

			if ((words[i] & any) && !(words[i] & none))
				error = page_map_add(map, start, start + PAGE_SIZE, flags);
			if (error < 0)
				return error;
		}
	}
	return 0;
}

/* A failed call has added nothing, so the older way can follow. */
static int scan_private_once(struct page_scan *scan, uint64_t start, uint64_t end, uint32_t flags,
			     struct page_map *map)
{
	uint64_t none = SCAN_FILE | SCAN_ZERO | (scan->no_guards ? 0 : SCAN_GUARD);
	struct scan_argument argument = {
		.start = start,
		.end = end,
		.category_inverted = none,
		.category_mask = none,
		.category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
	};

	if (scan->words)
		return scan_words(scan, start, end, WORD_PRESENT | WORD_SWAPPED, WORD_FILE | WORD_GUARD,
				  flags, map);
	return scan_ioctl(scan, &argument, flags, map);
}

/* Learns from the first failure what the kernel lacks; true: ask again. */
static bool scan_learn(struct page_scan *scan, int error)
{
	if (error == -EINVAL && !scan->words && !scan->no_guards) {
		scan->no_guards = true;
		return true;
	}
	if ((error == -ENOTTY || error == -EINVAL) && !scan->words) {
		scan->words = true;
		return true;
	}
	return false;
}

int page_scan_private(struct page_scan *scan, uint64_t start, uint64_t end, uint32_t flags, struct page_map *map)
{
	int error;

	do {
		error = scan_private_once(scan, start, end, flags, map);
	} while (scan_learn(scan, error));
	return error;
}

static int scan_guards_once(struct page_scan *scan, uint64_t start, uint64_t end, struct page_map *map)
{
	struct scan_argument argument = {
		.start = start,
		.end = end,
		.category_mask = SCAN_GUARD,
	};

	/* No kernel has the bit in its words without having it in PAGEMAP_SCAN. */
	if (scan->no_guards || scan->words)
		return 0;
	return scan_ioctl(scan, &argument, PAGES_PRESENT, map);
}

int page_scan_guards(struct page_scan *scan, uint64_t start, uint64_t end, struct page_map *map)
{
	int error;

	do {
		error = scan_guards_once(scan, start, end, map);
	} while (scan_learn(scan, error));
	return error;
}

static int add_page(struct page_map *map, bool wanted, uint64_t address, uint32_t flags)
{
	return map && wanted ? page_map_add(map, address, address + PAGE_SIZE, flags) : 0;
}

static int take_registered(uint64_t word, uint64_t address, struct page_scan_registered *ret)
{
	bool swapped = word & WORD_SWAPPED, marker = swapped && FRAME_TYPE(word) == TYPE_MARKER;
	bool here = (word & WORD_PRESENT) || (swapped && !marker);
	int error;

	if (swapped && !(word & WORD_FRAME))
		ret->hidden = true;
	if (marker && FRAME_MARK(word) & MARK_POISONED)
		ret->poisoned = address;
	error = add_page(ret->contents, here && !(word & (WORD_FILE | WORD_GUARD)), address, ret->contents_flags);
	if (!error)
		error = add_page(ret->protected, (word & WORD_PROTECTED) && !(word & WORD_GUARD), address, 0);
	return error ? error : add_page(ret->mapped, word & WORD_PRESENT, address, 0);
}

int page_scan_registered(struct page_scan *scan, uint64_t start, uint64_t end, struct page_scan_registered *ret)
{
	uint64_t words[WORDS];
	int error = 0;

	while (start < end && !error) {
		size_t wanted = MIN((end - start) / PAGE_SIZE, WORDS) * sizeof(*words);
		ssize_t got = pread(scan->fd, words, wanted, (off_t)(start / PAGE_SIZE * sizeof(*words)));

		if (got < (ssize_t)sizeof(*words))
			return got < 0 ? -errno : -ESRCH;
		for (size_t i = 0; i < (size_t)got / sizeof(*words) && !error; i++, start += PAGE_SIZE)
			error = take_registered(words[i], start, ret);
	}
	return error;
}
