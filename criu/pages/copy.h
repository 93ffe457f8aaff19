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
struct page_room;

/* How much travels at once, and in how many pieces. */
#define PAGE_BATCH_PAGES 32
#define PAGE_BATCH_SIZE (PAGE_BATCH_PAGES * PAGE_SIZE)

/* Where contents come from: a living task, a file of memory, an image, a connection. */
struct page_source {
	const struct page_source_ops *ops;
};

struct page_source_ops {
	/* Contents of @runs[0..@nr), one after another, into @buffer. At most PAGE_BATCH_PAGES pages and runs. Of a
	 * source of page_copy_all() several threads read at once. */
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
	/* Where the contents of @runs are to go; runs ascend, also from call to call. */
	int (*place)(struct page_sink *sink, const struct page_run *runs, size_t nr, uint64_t *ret_place);
	/* The contents of what got @place, @data[i] those of run i. Called by several threads at once, in any order. */
	int (*put)(struct page_sink *sink, uint64_t place, const struct iovec *data, size_t nr);
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
	struct page_room *room;			/* may be NULL */
	/* figures, in pages */
	uint64_t read, written, written_lazy;
};

/* Copies all runs of the map, by several threads when there is much of it. */
int page_copy_all(struct page_copy *copy);

/* Room for a batch. Who copies often for few pages keeps one; NULL without memory. */
struct page_room *page_room_new(void);
void page_room_free(struct page_room *room);

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
