/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the pages that a living task has, through its pagemap. */
#ifndef CRIU_PAGES_SCAN_H
#define CRIU_PAGES_SCAN_H

#include <stdbool.h>

#include "criu/pages/page-map.h"

struct page_scan {
	int fd;		/* /proc/PID/pagemap */
	bool words;	/* the kernel has no PAGEMAP_SCAN (before 6.7): read entries */
	bool no_guards; /* it cannot tell guard pages (before 6.15) */
};

#define PAGE_SCAN_NONE       \
	{                    \
		.fd = -EBADF \
	}

/* @proc_fd: /proc/PID. The ways of the kernel are tried out by the first scan. */
int page_scan_open(int proc_fd, struct page_scan *ret_scan);
void page_scan_close(struct page_scan *scan);
/* Adds the private pages in [start, end), in memory or swapped out: neither pages of a file nor the zero page. */
int page_scan_private(struct page_scan *scan, uint64_t start, uint64_t end, uint32_t flags, struct page_map *map);
/* Adds pages where MADV_GUARD_INSTALL was used; none where the kernel cannot tell. */
int page_scan_guards(struct page_scan *scan, uint64_t start, uint64_t end, struct page_map *map);

/* What can be told of memory that is registered with a userfaultfd: pages of any of these maps, which may be NULL. */
struct page_scan_registered {
	struct page_map *contents; /* private pages in memory or swapped out; the zero page counts, guards do not */
	uint32_t contents_flags;
	struct page_map *protected; /* write-protected by it (from 5.12 on), also where no page is */
	struct page_map *mapped;    /* in the page table */
	uint64_t poisoned;	    /* address of one that faults (UFFDIO_POISON), 0: none */
	bool hidden; /* what is swapped out cannot be told from what is marked, without CAP_SYS_ADMIN */
};

int page_scan_registered(struct page_scan *scan, uint64_t start, uint64_t end, struct page_scan_registered *ret);

#define _cleanup_page_scan_ _cleanup_(page_scan_close)

#endif
