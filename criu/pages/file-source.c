// SPDX-License-Identifier: GPL-2.0-only
/* Contents of memory behind a descriptor. */
#include "criu/pages/file-source.h"

#include <string.h>

struct file_source {
	struct page_source source;
	int fd;
};

/* What lies behind the end of the file reads as zeros: the last page may be there in part. */
static int read_range(int fd, uint64_t offset, uint8_t *buffer, size_t size)
{
	while (size) {
		ssize_t got = pread(fd, buffer, size, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0) {
			memset(buffer, 0, size);
			return 0;
		}
		offset += (size_t)got;
		buffer += got;
		size -= (size_t)got;
	}
	return 0;
}

static int file_read(struct page_source *base, const struct page_run *runs, size_t nr, void *buffer)
{
	struct file_source *source = container_of(base, struct file_source, source);
	uint8_t *at = buffer;

	for (size_t i = 0; i < nr; i++) {
		size_t size = runs[i].end - runs[i].start;
		int error = read_range(source->fd, runs[i].start, at, size);

		if (error < 0)
			return error;
		at += size;
	}
	return 0;
}

static void file_close(struct page_source *base)
{
	free(container_of(base, struct file_source, source));
}

static const struct page_source_ops file_source_ops = { .read = file_read, .close = file_close };

int page_file_source_open(int fd, struct page_source **ret_source)
{
	struct file_source *source = calloc(1, sizeof(*source));

	if (!source)
		return -ENOMEM;
	source->source.ops = &file_source_ops;
	source->fd = fd;
	*ret_source = &source->source;
	return 0;
}

int page_file_map(int fd, uint64_t size, uint32_t flags, struct page_map *map)
{
	uint64_t at = 0;

	while (at < size) {
		off_t data = lseek(fd, (off_t)at, SEEK_DATA), hole;
		int error;

		if (data < 0)
			return errno == ENXIO ? 0 : -errno;
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		at = ROUND_UP(MIN((uint64_t)hole, size), PAGE_SIZE);
		error = page_map_add(map, (uint64_t)data / PAGE_SIZE * PAGE_SIZE, at, flags);
		if (error < 0)
			return error;
	}
	return 0;
}
