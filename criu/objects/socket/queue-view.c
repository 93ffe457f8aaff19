// SPDX-License-Identifier: GPL-2.0-only
/* Queues of sockets in the memory of the kernel: lists of struct sk_buff, whose bytes are in a piece of memory, in pages, and
 * in further skbs (include/linux/skbuff.h). The tree is frozen and the traffic is locked; what is read does not change. */
#include "criu/objects/socket/queue-view.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "criu/kernel/kernel-view.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

/* Longer lists are none: a pointer went astray. */
#define WALK_MAX 1000000
#define NESTING_MAX 4

extern const struct global_kind accept_queues_kind;

struct shared_view {
	struct kernel_view *view;
	int error;
};

int queue_view_open(struct dump *dump, struct kernel_view **ret_view)
{
	bool is_new;
	struct shared_view *shared = kind_state_get(&dump->kind_state, &dump->arena, &accept_queues_kind, 0,
						    sizeof(*shared), &is_new);

	if (is_new)
		shared->error = kernel_view_open(&shared->view);
	*ret_view = shared->view;
	return shared->error;
}

static void queue_view_dump_end(struct dump *dump, bool keep)
{
	struct shared_view *shared = kind_state_find(&dump->kind_state, &accept_queues_kind, 0);

	(void)keep;
	if (shared)
		kernel_view_close(steal_pointer(&shared->view));
}

int queue_view_socket(struct kernel_view *view, const struct fd_info *fd, uint64_t *ret_sock)
{
	_cleanup_close_ int copy = -EBADF;
	int ret = fd_duplicate(fd, &copy);

	return ret < 0 ? ret : queue_view_own_socket(view, copy, ret_sock);
}

int queue_view_own_socket(struct kernel_view *view, int fd, uint64_t *ret_sock)
{
	uint64_t at = 0;
	int ret = kernel_view_file(view, fd, &at);

	if (ret == 0)
		ret = kernel_view_get(view, at, "file", "private_data", &at);
	return ret < 0 ? ret : kernel_view_get(view, at, "socket", "sk", ret_sock);
}

int queue_view_walk(struct kernel_view *view, uint64_t at, uint64_t end,
		    int (*take)(void *context, struct kernel_view *view, uint64_t skb), void *context)
{
	for (unsigned int i = 0; at && at != end; i++) {
		int ret = i < WALK_MAX ? take(context, view, at) : -ELOOP;

		if (ret == 0)
			ret = kernel_view_get(view, at, "sk_buff", "next", &at);
		if (ret)
			return ret;
	}
	return 0;
}

/* --- one skb --- */

/* What is wanted of it, and where that goes. */
struct wanted {
	size_t offset, size;
	char *buffer;
	int nesting;
};

/* Of a run of @length bytes at @address, those that are wanted. */
static int take_bytes(struct kernel_view *view, struct wanted *wanted, uint64_t address, size_t length)
{
	size_t skipped = MIN(wanted->offset, length), part = MIN(wanted->size, length - skipped);
	int ret = part ? kernel_view_read(view, address + skipped, wanted->buffer, part) : 0;

	wanted->offset -= skipped;
	wanted->buffer += part;
	wanted->size -= part;
	return ret;
}

struct fragment {
	uint64_t page, offset, length;
};

/* skb_frag_t has been a structure of its own from Linux 6.10 on. */
static int read_fragment(struct kernel_view *view, uint64_t at, struct fragment *fragment)
{
	int ret = kernel_view_get(view, at, "skb_frag", "netmem", &fragment->page);

	if (ret == -ENOENT) {
		ret = kernel_view_get(view, at, "bio_vec", "bv_page", &fragment->page);
		if (ret == 0)
			ret = kernel_view_get(view, at, "bio_vec", "bv_offset", &fragment->offset);
		return ret < 0 ? ret : kernel_view_get(view, at, "bio_vec", "bv_len", &fragment->length);
	}
	if (ret == 0)
		ret = kernel_view_get(view, at, "skb_frag", "offset", &fragment->offset);
	if (ret == 0)
		ret = kernel_view_get(view, at, "skb_frag", "len", &fragment->length);
	return ret == 0 && fragment->page & 1 ? -EOPNOTSUPP : ret; /* memory of a device */
}

static int take_fragments(struct kernel_view *view, struct wanted *wanted, uint64_t shared)
{
	long size = kernel_view_size(view, "skb_frag");
	uint64_t nr, at;
	int ret = kernel_view_get(view, shared, "skb_shared_info", "nr_frags", &nr);

	if (size < 0)
		size = kernel_view_size(view, "bio_vec");
	if (ret == 0)
		ret = kernel_view_locate(view, shared, "skb_shared_info", "frags", &at);
	for (uint64_t i = 0; ret == 0 && wanted->size && i < nr; i++) {
		struct fragment fragment = { 0 };

		ret = read_fragment(view, at + i * (uint64_t)size, &fragment);
		if (ret == 0)
			ret = kernel_view_page_address(view, fragment.page, &fragment.page);
		if (ret == 0)
			ret = take_bytes(view, wanted, fragment.page + fragment.offset, fragment.length);
	}
	return ret;
}

static int take_skb(void *context, struct kernel_view *view, uint64_t skb)
{
	struct wanted *wanted = context;
	uint64_t length, in_pages, data, shared, end, further;
	int ret = wanted->nesting < NESTING_MAX ? 0 : -ELOOP;

	if (ret == 0)
		ret = kernel_view_get(view, skb, "sk_buff", "len", &length);
	if (ret == 0)
		ret = kernel_view_get(view, skb, "sk_buff", "data_len", &in_pages);
	if (ret == 0)
		ret = kernel_view_get(view, skb, "sk_buff", "data", &data);
	if (ret == 0)
		ret = take_bytes(view, wanted, data, length - in_pages);
	if (ret < 0 || !wanted->size)
		return ret;
	ret = kernel_view_get(view, skb, "sk_buff", "head", &shared);
	if (ret == 0)
		ret = kernel_view_get(view, skb, "sk_buff", "end", &end);
	if (ret == 0)
		ret = take_fragments(view, wanted, shared += end);
	if (ret == 0)
		ret = kernel_view_get(view, shared, "skb_shared_info", "frag_list", &further);
	if (ret < 0 || !wanted->size)
		return ret;
	wanted->nesting++;
	ret = queue_view_walk(view, further, 0, take_skb, wanted);
	wanted->nesting--;
	return ret;
}

int queue_view_read(struct kernel_view *view, uint64_t skb, size_t offset, void *buffer, size_t size)
{
	struct wanted wanted = { .offset = offset, .size = size, .buffer = buffer };
	int ret = take_skb(&wanted, view, skb);

	return ret == 0 && wanted.size ? -ENODATA : ret;
}

const struct global_kind accept_queues_kind = {
	.name = "accept-queues",
	.dump_end = queue_view_dump_end,
};
