// SPDX-License-Identifier: GPL-2.0-only
/* The pages of buffers that are registered with an io_uring (struct io_mapped_ubuf): they are the memory of a task if its page
 * table has the same ones. They are pinned, and do not move. */
#include "criu/objects/memory/io-uring-pages.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "criu/kernel/kernel-view.h"
#include "criu/model/task.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/socket/queue-view.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

#define FRAME_MASK ((1ULL << 55) - 1) /* Documentation/admin-guide/mm/pagemap.rst */
#define PARTS_AT_ONCE 256

struct comparison {
	struct kernel_view *view;
	int pagemap;
	uint64_t at; /* address in the task */
};

/* struct bio_vec, which has not changed since Linux 2.6; its size is checked */
struct part {
	uint64_t page;
	uint32_t length, offset;
};

static int has_part(struct comparison *comparison, const struct part *part, bool *ret_match)
{
	uint64_t number = 0, entry = 0, place;
	int ret = kernel_view_page_number(comparison->view, part->page, &number);

	place = number * PAGE_SIZE + part->offset;
	if (ret == 0 && pread(comparison->pagemap, &entry, sizeof(entry),
			      (off_t)(comparison->at / PAGE_SIZE * sizeof(entry))) != sizeof(entry))
		ret = -EIO;
	*ret_match = (entry & FRAME_MASK) == place / PAGE_SIZE && comparison->at % PAGE_SIZE == place % PAGE_SIZE;
	comparison->at += part->length;
	return ret;
}

static int has_parts(struct comparison *comparison, uint64_t parts, uint64_t nr, bool *ret_match)
{
	struct part some[PARTS_AT_ONCE];
	int ret = kernel_view_size(comparison->view, "bio_vec") == sizeof(*some) ? 0 : -ENOENT;

	*ret_match = true;
	for (uint64_t done = 0; ret == 0 && *ret_match && done < nr;) {
		uint64_t now = MIN(nr - done, ARRAY_SIZE(some));

		ret = kernel_view_read(comparison->view, parts + done * sizeof(*some), some, now * sizeof(*some));
		for (uint64_t i = 0; ret == 0 && *ret_match && i < now; i++)
			ret = has_part(comparison, &some[i], ret_match);
		done += now;
	}
	return ret;
}

/* The table has had pointers to nodes since Linux 6.13, before that to the buffers themselves. */
static int find_buffer(struct kernel_view *view, uint64_t context, size_t number, uint64_t *ret_buffer,
		       uint64_t *ret_tag)
{
	uint64_t table = 0, node = 0;
	int ret = kernel_view_get(view, context, "io_ring_ctx", "buf_table.nodes", &table);

	if (ret == -ENOENT) {
		ret = kernel_view_get(view, context, "io_ring_ctx", "user_bufs", &table);
		return ret < 0 ? ret
			       : kernel_view_read(view, table + number * sizeof(node), ret_buffer,
						  sizeof(*ret_buffer));
	}
	if (ret == 0)
		ret = kernel_view_read(view, table + number * sizeof(node), &node, sizeof(node));
	if (ret == 0)
		ret = kernel_view_get(view, node, "io_rsrc_node", "tag", ret_tag);
	return ret < 0 ? ret : kernel_view_get(view, node, "io_rsrc_node", "buf", ret_buffer);
}

static int has_buffer(struct comparison *comparison, uint64_t buffer, uint64_t end, bool *ret_match)
{
	uint64_t nr = 0, parts = 0, kernels_own = 0;
	int ret = kernel_view_get(comparison->view, buffer, "io_mapped_ubuf", "is_kbuf", &kernels_own);

	if (ret == 0 || ret == -ENOENT)
		ret = kernel_view_get(comparison->view, buffer, "io_mapped_ubuf", "nr_bvecs", &nr);
	if (ret == 0)
		ret = kernel_view_locate(comparison->view, buffer, "io_mapped_ubuf", "bvec", &parts);
	if (ret == 0)
		ret = has_parts(comparison, parts, nr, ret_match);
	*ret_match = *ret_match && !kernels_own && comparison->at == end;
	return ret;
}

static int find_context(struct dump *dump, const struct fd_info *fd, struct kernel_view **ret_view,
			uint64_t *ret_context)
{
	_cleanup_close_ int copy = -EBADF;
	int ret = queue_view_open(dump, ret_view);

	if (ret == 0)
		ret = fd_duplicate(fd, &copy);
	if (ret == 0)
		ret = kernel_view_file(*ret_view, copy, ret_context);
	return ret < 0 ? ret : kernel_view_get(*ret_view, *ret_context, "file", "private_data", ret_context);
}

int ring_buffers_match(struct dump *dump, const struct fd_info *fd, const struct task *task,
		       RingBuffersEntry *entry, bool *ret_match)
{
	_cleanup_close_ int pagemap = openat(task->proc_fd, "pagemap", O_RDONLY | O_CLOEXEC);
	struct comparison comparison = { .pagemap = pagemap };
	uint64_t context = 0;
	int ret = pagemap < 0 ? -errno : find_context(dump, fd, &comparison.view, &context);

	*ret_match = true;
	for (size_t i = 0; ret == 0 && *ret_match && i < entry->n_addresses; i++) {
		uint64_t buffer = 0;

		if (!entry->addresses[i])
			continue;
		comparison.at = entry->addresses[i];
		ret = find_buffer(comparison.view, context, i, &buffer, &entry->tags[i]);
		if (ret == 0)
			ret = has_buffer(&comparison, buffer, entry->addresses[i] + entry->lengths[i], ret_match);
	}
	return ret;
}
