// SPDX-License-Identifier: GPL-2.0-only
/* What only the memory of the kernel tells of a message queue (ipc/mqueue.c, struct mqueue_inode_info): its messages, without
 * taking one out, and who is to be told of the next, by what. Nobody may use the queue meanwhile. */
#include <errno.h>
#include <string.h>

#include "criu/kernel/kernel-view.h"
#include "criu/objects/fd/mqueue-internal.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/queue-view.h"
#include "criu/util/macros.h"

#define INFO "mqueue_inode_info"
/* A red-black tree of as many nodes as there are priorities is not deeper. */
#define DEPTH_MAX 32
#define POINTER sizeof(uint64_t)

int mqueue_view_open(struct dump *dump, int fd, struct mqueue_view *ret_queue)
{
	uint64_t at = 0, offset = 0;
	int ret = queue_view_open(dump, &ret_queue->view);

	if (ret == 0)
		ret = kernel_view_file(ret_queue->view, fd, &at);
	if (ret == 0)
		ret = kernel_view_get(ret_queue->view, at, "file", "f_inode", &at);
	if (ret == 0)
		ret = kernel_view_locate(ret_queue->view, at, INFO, "vfs_inode", &offset);
	ret_queue->info = at - (offset - at);
	return ret;
}

/* --- registrations --- */

int mqueue_view_value(const struct mqueue_view *queue, uint64_t *ret_value)
{
	return kernel_view_get(queue->view, queue->info, INFO, "notify.sigev_value.sival_ptr", ret_value);
}

/* A task that has executed a program since gets no signal. */
int mqueue_view_executed(const struct mqueue_view *queue, bool *ret_executed)
{
	struct kernel_view *view = queue->view;
	uint64_t then = 0, now = 0, pid = 0, heads = 0, node = 0, links = 0;
	long head = kernel_view_size(view, "hlist_head"), link = kernel_view_size(view, "hlist_node");
	int ret = kernel_view_get(view, queue->info, INFO, "notify_self_exec_id", &then);

	if (ret == 0)
		ret = kernel_view_get(view, queue->info, INFO, "notify_owner", &pid);
	if (ret == 0)
		ret = kernel_view_locate(view, pid, "pid", "tasks", &heads);
	if (ret < 0 || head < 0 || link < 0)
		return ret < 0 ? ret : -ENOENT;
	/* The second of both is of the thread group (include/linux/pid_types.h, PIDTYPE_TGID). */
	ret = kernel_view_get(view, heads + (uint64_t)head, "hlist_head", "first", &node);
	if (ret == 0)
		ret = kernel_view_locate(view, node, "task_struct", "pid_links", &links);
	if (ret == 0)
		ret = kernel_view_get(view, node - (links - node) - (uint64_t)link, "task_struct",
				      "self_exec_id", &now);
	*ret_executed = then != now;
	return ret;
}

int mqueue_view_cookie(const struct mqueue_view *queue, uint64_t *ret_socket, uint8_t cookie[MQUEUE_COOKIE_SIZE])
{
	uint64_t skb = 0;
	int ret = kernel_view_get(queue->view, queue->info, INFO, "notify_sock", ret_socket);

	if (ret == 0)
		ret = kernel_view_get(queue->view, queue->info, INFO, "notify_cookie", &skb);
	return ret < 0 ? ret : queue_view_read(queue->view, skb, 0, cookie, MQUEUE_COOKIE_SIZE);
}

/* --- messages --- */

/* What has been found, and where it goes. */
struct walk {
	struct kernel_view *view;
	struct arena *arena; /* NULL: only to see whether all can be found */
	MqueueEntry *queue;
	size_t nr, room;
	uint64_t bytes, bytes_max;
};

/* The first page has the message in front of its text, each further one a pointer to the next (ipc/msgutil.c). */
static int read_text(struct kernel_view *view, uint64_t message, uint8_t *text, size_t size)
{
	long head = kernel_view_size(view, "msg_msg");
	size_t part = MIN(size, PAGE_SIZE - (size_t)head);
	uint64_t next = 0;
	int ret = kernel_view_get(view, message, "msg_msg", "next", &next);

	if (ret == 0 && part)
		ret = kernel_view_read(view, message + (uint64_t)head, text, part);
	while (ret == 0 && size > part) {
		text += part;
		size -= part;
		part = MIN(size, PAGE_SIZE - POINTER);
		ret = kernel_view_read(view, next + POINTER, text, part);
		if (ret == 0)
			ret = kernel_view_read(view, next, &next, sizeof(next));
	}
	return ret;
}

static int take_message(struct walk *walk, uint64_t at)
{
	uint64_t priority = 0, size = 0;
	MqueueMessage *message;
	int ret = kernel_view_get(walk->view, at, "msg_msg", "m_type", &priority);

	if (ret == 0)
		ret = kernel_view_get(walk->view, at, "msg_msg", "m_ts", &size);
	if (ret < 0)
		return ret;
	if (walk->nr >= walk->room || size > walk->bytes_max - walk->bytes || priority >= MQUEUE_PRIORITY_MAX)
		return -ESTALE;
	walk->bytes += size;
	if (!walk->arena) {
		walk->nr++;
		return 0;
	}
	message = arena_new(walk->arena, MqueueMessage);
	mqueue_message__init(message);
	message->priority = (uint32_t)priority;
	message->data.len = size;
	message->data.data = arena_array(walk->arena, uint8_t, size + 1);
	walk->queue->messages[walk->nr++] = message;
	return read_text(walk->view, at, message->data.data, size);
}

static int take_messages(struct walk *walk, uint64_t list)
{
	uint64_t at = 0, offset = 0;
	int ret = kernel_view_get(walk->view, list, "list_head", "next", &at);

	while (ret == 0 && at != list) {
		ret = kernel_view_locate(walk->view, at, "msg_msg", "m_list", &offset);
		if (ret == 0)
			ret = take_message(walk, at - (offset - at));
		if (ret == 0)
			ret = kernel_view_get(walk->view, at, "list_head", "next", &at);
	}
	return ret;
}

/* The highest priority is received first. */
static int take_nodes(struct walk *walk, uint64_t node, int depth)
{
	uint64_t left = 0, right = 0, offset = 0, list = 0;
	int ret;

	if (!node)
		return 0;
	ret = depth < DEPTH_MAX ? kernel_view_get(walk->view, node, "rb_node", "rb_left", &left) : -ELOOP;
	if (ret == 0)
		ret = kernel_view_get(walk->view, node, "rb_node", "rb_right", &right);
	if (ret == 0)
		ret = take_nodes(walk, right, depth + 1);
	if (ret == 0)
		ret = kernel_view_locate(walk->view, node, "posix_msg_tree_node", "rb_node", &offset);
	if (ret == 0)
		ret = kernel_view_locate(walk->view, node - (offset - node), "posix_msg_tree_node",
					 "msg_list", &list);
	if (ret == 0)
		ret = take_messages(walk, list);
	return ret < 0 ? ret : take_nodes(walk, left, depth + 1);
}

int mqueue_view_messages(const struct mqueue_view *queue, size_t nr, uint64_t bytes, struct arena *arena,
			 MqueueEntry *ret_queue)
{
	struct walk walk = {
		.view = queue->view,
		.arena = arena,
		.queue = ret_queue,
		.room = nr,
		.bytes_max = bytes,
	};
	uint64_t root = 0;
	int ret = kernel_view_size(queue->view, "msg_msg") > 0 ? 0 : -ENOENT;

	if (ret == 0)
		ret = kernel_view_get(queue->view, queue->info, INFO, "msg_tree.rb_node", &root);
	if (arena)
		ret_queue->messages = arena_array(arena, MqueueMessage *, nr);
	if (ret == 0)
		ret = take_nodes(&walk, root, 0);
	if (ret == 0 && (walk.nr != nr || walk.bytes != bytes))
		ret = -ESTALE;
	if (ret == 0 && arena)
		ret_queue->n_messages = nr;
	return ret;
}
