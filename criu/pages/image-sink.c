// SPDX-License-Identifier: GPL-2.0-only
/* Writes pages and the list of them. */
#include "criu/pages/image-sink.h"

#include <string.h>

#include "pagemap.pb-c.h"

struct image_sink {
	struct page_sink sink;
	struct image_file *map, *pages;
	int pages_fd;
	struct page_run pending; /* entry that may still grow; empty: none */
	uint64_t size;		 /* of the pages placed so far */
};

static int write_entry(struct image_sink *sink)
{
	PagemapEntry entry = PAGEMAP_ENTRY__INIT;

	if (sink->pending.start == sink->pending.end)
		return 0;
	entry.vaddr = sink->pending.start;
	entry.compat_nr_pages = 0;
	entry.has_flags = true;
	entry.flags = sink->pending.flags;
	entry.has_nr_pages = true;
	entry.nr_pages = page_run_pages(&sink->pending);
	return image_write_record(sink->map, &entry.base);
}

static int add_run(struct image_sink *sink, const struct page_run *run)
{
	uint32_t flags = run->flags & PAGES_ENTRY_FLAGS;
	int error;

	if (sink->pending.end == run->start && sink->pending.flags == flags) {
		sink->pending.end = run->end;
		return 0;
	}
	error = write_entry(sink);
	sink->pending = (struct page_run){ .start = run->start, .end = run->end, .flags = flags };
	return error;
}

static int image_sink_place(struct page_sink *base, const struct page_run *runs, size_t nr, uint64_t *ret_place)
{
	struct image_sink *sink = container_of(base, struct image_sink, sink);

	*ret_place = sink->size;
	for (size_t i = 0; i < nr; i++) {
		int error = add_run(sink, &runs[i]);

		if (error < 0)
			return error;
		sink->size += runs[i].end - runs[i].start;
	}
	return 0;
}

static int image_sink_put(struct page_sink *base, uint64_t place, const struct iovec *data, size_t nr)
{
	const struct image_sink *sink = container_of(base, struct image_sink, sink);
	struct iovec rest[PAGE_BATCH_PAGES];
	size_t at = 0;

	memcpy(rest, data, nr * sizeof(*rest));
	while (at < nr) {
		ssize_t done = pwritev(sink->pages_fd, rest + at, (int)(nr - at), (off_t)place);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		place += (uint64_t)done;
		while (at < nr && (size_t)done >= rest[at].iov_len)
			done -= (ssize_t)rest[at++].iov_len;
		if (at < nr) {
			rest[at].iov_base = (char *)rest[at].iov_base + done;
			rest[at].iov_len -= (size_t)done;
		}
	}
	return 0;
}

static void image_sink_abandon(struct page_sink *base)
{
	struct image_sink *sink = container_of(base, struct image_sink, sink);

	image_close(sink->map);
	image_close(sink->pages);
	free(sink);
}

static int image_sink_finish(struct page_sink *base)
{
	struct image_sink *sink = container_of(base, struct image_sink, sink);
	int error = write_entry(sink), closed;

	closed = image_close(steal_pointer(&sink->map));
	error = error < 0 ? error : closed;
	closed = image_close(steal_pointer(&sink->pages));
	error = error < 0 ? error : closed;
	free(sink);
	return error;
}

static const struct page_sink_ops image_sink_ops = {
	.place = image_sink_place,
	.put = image_sink_put,
	.finish = image_sink_finish,
	.abandon = image_sink_abandon,
};

int page_image_sink_open(const struct image_directory *directory, enum image_kind kind, uint64_t id,
			 uint32_t pages_id, struct page_sink **ret_sink)
{
	_cleanup_page_sink_ struct page_sink *base = NULL;
	struct image_sink *sink = calloc(1, sizeof(*sink));
	PagemapHead head = PAGEMAP_HEAD__INIT;
	int error;

	if (!sink)
		return -ENOMEM;
	base = &sink->sink;
	base->ops = &image_sink_ops;
	error = image_create(directory, kind, id, &sink->map);
	if (error == 0)
		error = image_create(directory, IMAGE_PAGES, pages_id, &sink->pages);
	if (error < 0)
		return error;
	head.pages_id = pages_id;
	error = image_write_record(sink->map, &head.base);
	if (error < 0)
		return error;
	sink->pages_fd = image_fd(sink->pages);
	if (sink->pages_fd < 0)
		return sink->pages_fd;
	*ret_sink = steal_pointer(&base);
	return 0;
}
