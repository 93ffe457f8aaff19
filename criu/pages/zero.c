// SPDX-License-Identifier: GPL-2.0-only
/* The filter that leaves pages of zeros behind. */
#include "criu/pages/copy.h"

#include <string.h>

/* The first words tell of most pages; if they are zero, the page is zero when it equals itself moved by their size. */
#define FIRST_WORDS 8

bool page_is_zero(const void *page)
{
	uint64_t first[FIRST_WORDS], sum = 0;

	memcpy(first, page, sizeof(first));
	for (int i = 0; i < FIRST_WORDS; i++)
		sum |= first[i];
	return !sum && !memcmp(page, (const char *)page + sizeof(first), PAGE_SIZE - sizeof(first));
}

static void zero_apply(const struct page_filter *filter, const struct page_run *run, const uint8_t *data, bool *drop)
{
	if (run->flags & PAGES_KEEP_ZERO)
		return;
	for (uint64_t i = 0; i < page_run_pages(run); i++) {
		if (page_is_zero(data + i * PAGE_SIZE))
			drop[i] = true;
	}
}

const struct page_filter page_filter_zero = { .apply = zero_apply };
