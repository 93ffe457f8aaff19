/* SPDX-License-Identifier: GPL-2.0-only */
/* The way of the pages: from a source, through filters, to a sink. Each of them knows nothing of the others. */
#ifndef CRIU_PAGES_COPY_H
#define CRIU_PAGES_COPY_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "criu/pages/page-map.h"

struct progress;

/* How much travels at once, and in how many pieces. */
#define PAGE_BATCH_PAGES 256
#define PAGE_BATCH_SIZE (PAGE_BATCH_PAGES * PAGE_SIZE)

/* Where contents come from: a living task, a file of memory, an image, a connection. */
struct page_source {
	const struct page_source_ops *ops;
};

struct page_source_ops {
	/* Contents of @runs[0..@nr), one after another, into @buffer. At most PAGE_BATCH_PAGES pages and runs. */
	int (*read)(struct page_source *source, const struct page_run *runs, size_t nr, void *buffer);
	void (*close)(struct page_source *source);
};

/* What need not be copied. */
struct page_filter {
	/* Sets @drop[i] for the pages of @run that stay behind; leaves the others as they are. */
	void (*apply)(const struct page_filter *filter, const struct page_run *run, const uint8_t *data,
		      bool *drop);
};

/* Where they go: an image, a connection. */
struct page_sink {
	const struct page_sink_ops *ops;
};

struct page_sink_ops {
	/* @data[i] has the contents of @runs[i]; runs ascend, also from call to call. */
	int (*write)(struct page_sink *sink, const struct page_run *runs, const struct iovec *data, size_t nr);
	/* Completes what was written. The sink is closed in either case. */
	int (*finish)(struct page_sink *sink);
	/* Gives up. */
	void (*abandon)(struct page_sink *sink);
};

struct page_copy {
	const struct page_map *map;
	struct page_source *source;
	const struct page_filter *const *filters;
	size_t nr_filters;
	struct page_sink *sink;
	const volatile sig_atomic_t *cancelled; /* may be NULL; -EINTR when it becomes true */
	struct progress *progress;		/* may be NULL */
	/* figures, in pages */
	uint64_t read, written, written_lazy;
};

/* Copies all runs of the map. Reading and writing go side by side when there is much of it. */
int page_copy_all(struct page_copy *copy);

/* Pages full of zeros, except those of runs with PAGES_KEEP_ZERO. */
extern const struct page_filter page_filter_zero;
bool page_is_zero(const void *page);

static inline void page_source_close(struct page_source *source)
{
	if (source)
		source->ops->close(source);
}

static inline int page_sink_finish(struct page_sink *sink)
{
	return sink->ops->finish(sink);
}

static inline void page_sink_abandon(struct page_sink *sink)
{
	if (sink)
		sink->ops->abandon(sink);
}

static inline void cleanup_page_source(struct page_source **source)
{
	page_source_close(*source);
}

static inline void cleanup_page_sink(struct page_sink **sink)
{
	page_sink_abandon(*sink);
}

#define _cleanup_page_source_ _cleanup_(cleanup_page_source)
#define _cleanup_page_sink_ _cleanup_(cleanup_page_sink)

#endif
