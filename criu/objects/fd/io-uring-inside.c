// SPDX-License-Identifier: GPL-2.0-only
/* Rings of io_uring_setup(2) in the memory of the kernel (include/linux/io_uring_types.h): with which flags a ring was
 * made, whose it is, and what was registered with it. The tree is frozen and nothing is in flight; what is read does not
 * change. Members that a kernel has not are of things that it cannot do, but for those that it must have. */
#include "criu/objects/fd/io-uring-inside.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

#include "criu/kernel/kernel-view.h"
#include "criu/model/dump.h"
#include "criu/objects/fd/kernel-files.h"
#include "criu/objects/socket/queue-view.h"
#include "criu/util/macros.h"

#define FILES_MAX (1U << 20) /* IORING_MAX_FIXED_FILES */
#define CALLERS_MAX 65536U   /* a longer list is none: a pointer went astray */
#define FILE_FLAGS 7ULL	     /* kept in the low bits of a pointer to a file (io_uring/filetable.h) */

/* --- numbers --- */

struct member {
	const char *path;
	size_t offset;
	bool must;
	uint64_t otherwise;
};

static const struct member members[] = {
	{ "flags", offsetof(struct ring_inside, setup_flags), true, 0 },
	{ "submitter_task", offsetof(struct ring_inside, issuer), true, 0 },
	{ "io_ev_fd", offsetof(struct ring_inside, event), true, 0 },
	{ "io_bl_xa.xa_head", offsetof(struct ring_inside, groups), true, 0 },
	{ "file_alloc_start", offsetof(struct ring_inside, range_start), true, 0 },
	{ "file_alloc_end", offsetof(struct ring_inside, range_end), true, 0 },
	{ "personalities.xa_head", offsetof(struct ring_inside, personalities), true, 0 },
	{ "param_region.nr_pages", offsetof(struct ring_inside, region), false, 0 },
	{ "zcrx_ctxs.xa_head", offsetof(struct ring_inside, receivers), false, 0 },
	{ "ifq", offsetof(struct ring_inside, one_receiver), false, 0 }, /* the same, in Linux 6.15 */
	{ "clockid", offsetof(struct ring_inside, clock), false, CLOCK_MONOTONIC },
	{ "iowq_limits_set", offsetof(struct ring_inside, has_worker_limits), true, 0 },
};

static int read_members(struct kernel_view *view, struct ring_inside *inside)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const struct member *member = &members[i];
		uint64_t *value = (uint64_t *)((char *)inside + member->offset);
		int ret = kernel_view_get(view, inside->context, "io_ring_ctx", member->path, value);

		if (ret == -ENOENT && !member->must)
			*value = member->otherwise;
		else if (ret < 0)
			return ret;
	}
	return 0;
}

/* Restrictions that a disabled ring has are in force later. They had one flag, then one for each part of them. */
static int read_restrictions(struct kernel_view *view, struct ring_inside *inside)
{
	uint64_t requests = 0, calls = 0;
	int ret = kernel_view_get(view, inside->context, "io_ring_ctx", "restrictions.registered", &requests);

	if (ret == -ENOENT) {
		ret = kernel_view_get(view, inside->context, "io_ring_ctx", "restrictions.op_registered", &requests);
		if (ret == 0)
			ret = kernel_view_get(view, inside->context, "io_ring_ctx",
					      "restrictions.reg_registered", &calls);
	}
	inside->restricted = requests || calls;
	return ret;
}

static int read_worker_limits(struct kernel_view *view, struct ring_inside *inside)
{
	uint64_t at = 0;
	int ret = kernel_view_locate(view, inside->context, "io_ring_ctx", "iowq_limits", &at);

	return ret < 0 ? ret : kernel_view_read(view, at, inside->worker_limits, sizeof(inside->worker_limits));
}

/* --- threads --- */

static int read_tid(struct kernel_view *view, uint64_t task, pid_t *ret_tid)
{
	uint32_t number = 0;
	uint64_t pid = 0;
	int ret = kernel_view_get(view, task, "task_struct", "thread_pid", &pid);

	if (ret == 0 && pid)
		ret = kernel_view_pid(view, pid, &number);
	*ret_tid = number ? (pid_t)number : RING_ENDED;
	return ret;
}

static int take_caller(struct dump *dump, struct kernel_view *view, struct ring_inside *inside, uint64_t task)
{
	uint64_t rings[RING_NUMBERS] = { 0 }, at = 0;
	struct ring_caller *callers, caller = { 0 };
	int ret = kernel_view_get(view, task, "task_struct", "io_uring", &at);

	if (ret == 0 && at)
		ret = kernel_view_locate(view, at, "io_uring_task", "registered_rings", &at);
	if (ret == 0 && at)
		ret = kernel_view_read(view, at, rings, sizeof(rings));
	for (unsigned int i = 0; i < RING_NUMBERS; i++)
		caller.numbers |= rings[i] == inside->file ? 1U << i : 0;
	if (ret < 0 || !caller.numbers)
		return ret;
	callers = arena_array(&dump->arena, struct ring_caller, inside->nr_callers + 1);
	for (uint32_t i = 0; i < inside->nr_callers; i++)
		callers[i] = inside->callers[i];
	inside->callers = callers;
	ret = read_tid(view, task, &caller.tid);
	callers[inside->nr_callers++] = caller;
	return ret;
}

/* Who has ever used the ring is in a list of it. */
static int read_callers(struct dump *dump, struct kernel_view *view, struct ring_inside *inside)
{
	uint64_t head = 0, at = 0, link = 0, task = 0;
	int ret = kernel_view_locate(view, inside->context, "io_ring_ctx", "tctx_list", &head);

	if (ret == 0)
		ret = kernel_view_get(view, head, "list_head", "next", &at);
	for (unsigned int i = 0; ret == 0 && at != head; i++) {
		ret = i < CALLERS_MAX ? 0 : -ELOOP;
		if (ret == 0)
			ret = kernel_view_locate(view, at, "io_tctx_node", "ctx_node", &link);
		if (ret == 0)
			ret = kernel_view_get(view, at - (link - at), "io_tctx_node", "task", &task);
		if (ret == 0)
			ret = take_caller(dump, view, inside, task);
		if (ret == 0)
			ret = kernel_view_get(view, at, "list_head", "next", &at);
	}
	return ret;
}

/* --- files --- */

/* The table has had pointers to nodes since Linux 6.13, before that the files themselves. */
static int read_slot(struct kernel_view *view, uint64_t table, bool has_nodes, struct ring_slot *slot,
		     uint64_t *ret_file)
{
	uint64_t node = 0;
	int ret;

	if (!has_nodes)
		return kernel_view_read(view, table + slot->number * sizeof(*ret_file), ret_file,
					sizeof(*ret_file));
	ret = kernel_view_read(view, table + slot->number * sizeof(node), &node, sizeof(node));
	if (ret < 0 || !node)
		return ret;
	ret = kernel_view_get(view, node, "io_rsrc_node", "tag", &slot->tag);
	return ret < 0 ? ret : kernel_view_get(view, node, "io_rsrc_node", "file_ptr", ret_file);
}

static int read_files(struct dump *dump, struct kernel_view *view, struct ring_inside *inside)
{
	uint64_t table = 0;
	int ret = kernel_view_get(view, inside->context, "io_ring_ctx", "file_table.data.nr", &inside->nr_files);
	bool has_nodes = ret == 0;

	if (has_nodes)
		ret = kernel_view_get(view, inside->context, "io_ring_ctx", "file_table.data.nodes", &table);
	if (ret == -ENOENT) {
		ret = kernel_view_get(view, inside->context, "io_ring_ctx", "nr_user_files", &inside->nr_files);
		if (ret == 0)
			ret = kernel_view_get(view, inside->context, "io_ring_ctx", "file_table.files", &table);
		if (ret == 0 && kernel_view_size(view, "io_fixed_file") != sizeof(uint64_t))
			ret = -ENOENT;
	}
	if (ret < 0 || !inside->nr_files)
		return ret;
	if (inside->nr_files > FILES_MAX)
		return -ERANGE;
	inside->slots = arena_array(&dump->arena, struct ring_slot, inside->nr_files);
	for (uint32_t i = 0; ret == 0 && i < inside->nr_files; i++) {
		struct ring_slot *slot = &inside->slots[inside->nr_slots];
		uint64_t file = 0;

		*slot = (struct ring_slot){ .number = i };
		ret = read_slot(view, table, has_nodes, slot, &file);
		inside->nr_slots += file != 0;
		if (ret == 0 && file)
			ret = kernel_files_find(dump, view, file & ~FILE_FLAGS, &slot->fd);
	}
	return ret;
}

static int read_event(struct dump *dump, struct kernel_view *view, struct ring_inside *inside)
{
	uint64_t event = 0;
	int ret = kernel_view_get(view, inside->event, "io_ev_fd", "cq_ev_fd", &event);

	if (ret == 0)
		ret = kernel_view_get(view, inside->event, "io_ev_fd", "eventfd_async", &inside->event_async);
	return ret < 0 ? ret : kernel_files_find_eventfd(dump, view, event, &inside->event_fd);
}

void ring_look_inside(struct dump *dump, int fd, struct ring_inside *ret)
{
	struct kernel_view *view;
	int error;

	*ret = (struct ring_inside){ .error = 0 };
	error = queue_view_open(dump, &view);
	if (!error)
		error = kernel_view_file(view, fd, &ret->file);
	if (!error)
		error = kernel_view_get(view, ret->file, "file", "private_data", &ret->context);
	if (!error)
		error = read_members(view, ret);
	if (!error)
		error = read_restrictions(view, ret);
	if (!error && ret->has_worker_limits)
		error = read_worker_limits(view, ret);
	if (!error && ret->issuer)
		error = read_tid(view, ret->issuer, &ret->issuer_tid);
	if (!error)
		error = read_callers(dump, view, ret);
	if (!error)
		error = read_files(dump, view, ret);
	if (!error && ret->event)
		error = read_event(dump, view, ret);
	ret->error = error;
}
