// SPDX-License-Identifier: GPL-2.0-only
/* Reads pagemap and pages images. Nothing in them is trusted. */
#include "criu/pages/image-source.h"

#include <sys/stat.h>

#include "criu/image/inventory.h"
#include "pagemap.pb-c.h"

struct image_source {
	struct page_source source;
	const struct image_directory *directory;
	enum image_kind kind;
	uint64_t id, limit;
	uint32_t pages_id;
	struct page_map map;
	uint64_t *offsets; /* of each run in the file of pages */
	struct image_file *pages;
	struct image_directory parent_directory;
	struct page_source *parent;
};

static uint32_t entry_flags(const PagemapEntry *entry)
{
	if (entry->has_flags)
		return entry->flags;
	return entry->has_in_parent && entry->in_parent ? PAGES_PARENT : PAGES_PRESENT;
}

static int add_entry(struct image_source *source, const PagemapEntry *entry)
{
	uint64_t pages = entry->has_nr_pages ? entry->nr_pages : entry->compat_nr_pages;
	uint32_t flags = entry_flags(entry);
	int error;

	if (flags & ~PAGES_ENTRY_FLAGS || !(flags & PAGES_ENTRY_FLAGS))
		return -EBADMSG;
	if ((flags & PAGES_PARENT) && (flags & PAGES_PRESENT))
		return -EBADMSG;
	if (!(flags & (PAGES_PARENT | PAGES_PRESENT)))
		return -ENODATA;
	if (entry->vaddr > source->limit || pages > (source->limit - entry->vaddr) / PAGE_SIZE)
		return -EBADMSG;
	error = page_map_add(&source->map, entry->vaddr, entry->vaddr + pages * PAGE_SIZE, flags);
	return error == -EINVAL ? -EBADMSG : error;
}

static int read_head(struct image_source *source, struct image_file *file)
{
	_cleanup_message_ ProtobufCMessage *message = NULL;
	int ret = image_read_record(file, &pagemap_head__descriptor, &message);

	if (ret <= 0)
		return ret < 0 ? ret : -EBADMSG;
	source->pages_id = ((PagemapHead *)message)->pages_id;
	return 0;
}

static int read_map(struct image_source *source)
{
	_cleanup_image_close_ struct image_file *file = NULL;
	int ret = image_open(source->directory, source->kind, source->id, &file);

	if (ret == 0)
		ret = read_head(source, file);
	if (ret < 0)
		return ret;
	while (true) {
		_cleanup_message_ ProtobufCMessage *message = NULL;

		ret = image_read_record(file, &pagemap_entry__descriptor, &message);
		if (ret <= 0)
			return ret;
		ret = add_entry(source, (PagemapEntry *)message);
		if (ret < 0)
			return ret;
	}
}

static int set_offsets(struct image_source *source, uint64_t *ret_size)
{
	uint64_t offset = 0;

	source->offsets = calloc(source->map.count + 1, sizeof(*source->offsets));
	if (!source->offsets)
		return -ENOMEM;
	for (size_t i = 0; i < source->map.count; i++) {
		const struct page_run *run = &source->map.runs[i];

		source->offsets[i] = offset;
		offset += run->flags & PAGES_PRESENT ? run->end - run->start : 0;
	}
	*ret_size = offset;
	return 0;
}

/* The file must hold as many pages as the list says. */
static int check_pages(const struct image_source *source, uint64_t size)
{
	_cleanup_image_close_ struct image_file *pages = NULL;
	int error;

	if (!size)
		return 0;
	error = image_open(source->directory, IMAGE_PAGES, source->pages_id, &pages);
	if (error < 0)
		return error == -ENOENT ? -EBADMSG : error;
	return image_bytes_left(pages) < size ? -EBADMSG : 0;
}

static bool map_covers(const struct page_map *map, uint64_t start, uint64_t end)
{
	for (size_t i = page_map_find(map, start); start < end; i++) {
		if (i == map->count || map->runs[i].start > start)
			return false;
		start = map->runs[i].end;
	}
	return true;
}

static int open_parent(struct image_source *source)
{
	InventoryEntry *inventory;
	int error = image_directory_open_parent(source->directory, &source->parent_directory);

	if (error < 0)
		return error == -ENOENT ? -EBADMSG : error;
	error = inventory_read_parent(&source->parent_directory, &inventory);
	if (error < 0)
		return error;
	inventory_entry__free_unpacked(inventory, NULL);
	error = page_image_source_open(&source->parent_directory, source->kind, source->id, source->limit,
				       &source->parent);
	return error == -ENOENT ? -EBADMSG : error;
}

static int check_parent(struct image_source *source)
{
	for (size_t i = 0; i < source->map.count; i++) {
		const struct page_run *run = &source->map.runs[i];
		int error = 0;

		if (!(run->flags & PAGES_PARENT))
			continue;
		if (!source->parent)
			error = open_parent(source);
		if (error < 0)
			return error;
		if (!map_covers(page_image_source_map(source->parent), run->start, run->end))
			return -EBADMSG;
	}
	return 0;
}

static int pages_fd(struct image_source *source)
{
	if (!source->pages) {
		int error = image_open(source->directory, IMAGE_PAGES, source->pages_id, &source->pages);

		if (error < 0)
			return error;
	}
	return image_fd(source->pages);
}

static int read_pages(struct image_source *source, uint64_t offset, uint8_t *buffer, size_t size)
{
	int fd = pages_fd(source);

	if (fd < 0)
		return fd;
	while (size) {
		ssize_t got = pread(fd, buffer, size, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EBADMSG;
		offset += (size_t)got;
		buffer += got;
		size -= (size_t)got;
	}
	return 0;
}

static int read_range(struct image_source *source, uint64_t start, uint64_t end, uint8_t *buffer)
{
	for (size_t i = page_map_find(&source->map, start); start < end; i++) {
		const struct page_run *run = &source->map.runs[i];
		struct page_run part = { .start = start };
		int error;

		if (i == source->map.count || run->start > start)
			return -EBADMSG;
		part.end = MIN(end, run->end);
		if (run->flags & PAGES_PRESENT)
			error = read_pages(source, source->offsets[i] + (start - run->start), buffer,
					   part.end - start);
		else
			error = source->parent->ops->read(source->parent, &part, 1, buffer);
		if (error < 0)
			return error;
		buffer += part.end - start;
		start = part.end;
	}
	return 0;
}

static int image_source_read(struct page_source *base, const struct page_run *runs, size_t nr, void *buffer)
{
	struct image_source *source = container_of(base, struct image_source, source);
	uint8_t *at = buffer;

	for (size_t i = 0; i < nr; i++) {
		int error = read_range(source, runs[i].start, runs[i].end, at);

		if (error < 0)
			return error;
		at += runs[i].end - runs[i].start;
	}
	return 0;
}

static void image_source_close(struct page_source *base)
{
	struct image_source *source = container_of(base, struct image_source, source);

	page_source_close(source->parent);
	image_directory_close(&source->parent_directory);
	image_close(source->pages);
	page_map_free(&source->map);
	free(source->offsets);
	free(source);
}

static const struct page_source_ops image_source_ops = { .read = image_source_read, .close = image_source_close };

int page_image_source_open(const struct image_directory *directory, enum image_kind kind, uint64_t id,
			   uint64_t limit, struct page_source **ret_source)
{
	_cleanup_page_source_ struct page_source *base = NULL;
	struct image_source *source = calloc(1, sizeof(*source));
	uint64_t size;
	int error;

	if (!source)
		return -ENOMEM;
	base = &source->source;
	base->ops = &image_source_ops;
	source->directory = directory;
	source->kind = kind;
	source->id = id;
	source->limit = limit;
	source->parent_directory = (struct image_directory)IMAGE_DIRECTORY_NONE;
	error = read_map(source);
	if (error == 0)
		error = set_offsets(source, &size);
	if (error == 0)
		error = check_pages(source, size);
	if (error == 0)
		error = check_parent(source);
	if (error < 0)
		return error;
	*ret_source = steal_pointer(&base);
	return 0;
}

const struct page_map *page_image_source_map(const struct page_source *source)
{
	return &container_of(source, const struct image_source, source)->map;
}

int page_image_source_wake(struct page_source *base)
{
	struct image_source *source = container_of(base, struct image_source, source);
	int fd = pages_fd(source);

	/* An image of which the parents have all pages has no file of its own. */
	if (fd < 0 && fd != -ENOENT)
		return fd;
	return source->parent ? page_image_source_wake(source->parent) : 0;
}

void page_image_source_rest(struct page_source *base)
{
	struct image_source *source = container_of(base, struct image_source, source);

	image_close(steal_pointer(&source->pages));
	if (source->parent)
		page_image_source_rest(source->parent);
}
