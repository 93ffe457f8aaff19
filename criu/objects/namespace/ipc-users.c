// SPDX-License-Identifier: GPL-2.0-only
/* Whose is an object of the namespace that the tree shares with criu? A segment shows who has attached it; for the
 * others the kernel tells only who used them last. The rule is in Documentation/state.md:
 *
 * - used by the tree and by nobody else who lives: the tree's;
 * - used by both: refused;
 * - by nobody who lives, and made by a user that the tree has: perhaps the tree's;
 * - anything else stays what it is, and is not looked at. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "criu/kernel/proc/list.h"
#include "criu/kernel/proc/mappings.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/kernel/proc/status.h"
#include "criu/objects/memory/shared-memory.h"
#include "criu/objects/memory/sysv-mapping.h"
#include "criu/objects/namespace/ipc-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

static bool is_alive(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

static const struct task *task_of_pid(const struct dump *dump, uint32_t pid)
{
	const struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		if ((uint32_t)task->pid == pid)
			return task;
	return NULL;
}

static const char *comm_of(struct arena *arena, pid_t pid)
{
	_cleanup_close_ int fd = proc_open_task(pid);
	struct proc_stat stat = {};

	return fd >= 0 && proc_read_stat(fd, &stat) == 0 ? arena_strdup(arena, stat.comm) : "?";
}

/* --- dump --- */

static void note_mapping(struct ipc_contents *contents, const struct task *task, struct mapping *mapping)
{
	struct ipc_object *object;

	if (!sysv_mapping_is(mapping) || mapping->inode > INT32_MAX)
		return;
	object = ipc_find(contents, IPC_SEGMENTS, (int)mapping->inode);
	if (!object)
		return;
	if (!object->nr_in_tree++) {
		object->attached = task;
		object->mapping = mapping;
	}
}

static void note_mappings(struct dump *dump, struct ipc_contents *contents)
{
	struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		for (unsigned int i = 0; i < task->nr_mappings; i++)
			note_mapping(contents, task, &task->mappings[i]);
}

static bool has_attached(int proc_fd, pid_t pid, int id)
{
	_cleanup_close_ int task_fd = proc_open_task_at(proc_fd, pid);
	_cleanup_proc_mappings_ struct proc_mappings maps = {};

	if (task_fd < 0 || proc_read_maps(task_fd, &maps) < 0)
		return false;
	for (size_t i = 0; i < maps.count; i++)
		if (maps.items[i].inode == (uint64_t)id && sysv_name_is(maps.items[i].name, maps.items[i].deleted))
			return true;
	return false;
}

/* 0: it cannot be found. */
static pid_t find_outside(struct dump *dump, int id)
{
	_cleanup_close_ int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_proc_pids_ struct proc_pids pids = {};

	if (proc_fd < 0 || proc_read_tasks(proc_fd, &pids) < 0)
		return 0;
	for (size_t i = 0; i < pids.count; i++)
		if (!task_of_pid(dump, (uint32_t)pids.ids[i]) && has_attached(proc_fd, pids.ids[i], id))
			return pids.ids[i];
	return 0;
}

static void refuse_attached(struct dump *dump, const struct ipc_object *object)
{
	pid_t pid = find_outside(dump, object->id);

	if (pid)
		dump_refuse(dump, object->attached,
			    "shared memory segment %d (key %#x) is attached by process %d (%s) outside of the tree, too; let it "
			    "detach, or dump from a task above both",
			    object->id, object->desc.key, pid, comm_of(&dump->arena, pid));
	else
		dump_refuse(dump, object->attached,
			    "shared memory segment %d (key %#x) is attached %lu times, of which %lu are in the tree",
			    object->id, object->desc.key, object->nr_attached, object->nr_in_tree);
}

/* Who used it last, in the tree and outside of it. */
static void look_at_users(const struct dump *dump, const struct ipc_object *object,
			  const struct task **ret_inside, pid_t *ret_outside)
{
	*ret_inside = NULL;
	*ret_outside = 0;
	for (size_t i = 0; i < object->nr_users; i++) {
		const struct task *task = object->users[i] ? task_of_pid(dump, object->users[i]) : NULL;

		if (task)
			*ret_inside = task;
		else if (object->users[i] && is_alive((pid_t)object->users[i]))
			*ret_outside = (pid_t)object->users[i];
	}
}

static bool tree_has_user(const struct dump *dump, const IpcDescEntry *desc)
{
	const struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		if (task->ids && (task->status->uid[PROC_ID_EFFECTIVE] == desc->cuid ||
				  task->status->uid[PROC_ID_EFFECTIVE] == desc->uid))
			return true;
	return false;
}

static void settle(struct dump *dump, struct ipc_object *object)
{
	const struct task *inside;
	pid_t outside;

	look_at_users(dump, object, &inside, &outside);
	object->wanted = inside || object->attached;
	if (object->attached || (inside && object->sort == IPC_SEGMENTS)) {
		if (object->nr_attached > object->nr_in_tree)
			refuse_attached(dump, object);
		return;
	}
	if (object->wanted && outside)
		dump_refuse(dump, inside,
			    "%s %d (key %#x) is used by process %d (%s) outside of the tree, too; dump from a task "
			    "above both, or give them an IPC namespace of their own (unshare --ipc)",
			    ipc_sort_ops(object->sort)->name, object->id, object->desc.key, outside,
			    comm_of(&dump->arena, outside));
	if (!object->wanted && !outside && !object->nr_attached && tree_has_user(dump, &object->desc))
		object->wanted = object->perhaps = true;
}

int ipc_find_users(struct dump *dump, const struct namespace *namespace)
{
	struct ipc_contents *contents = namespace->object;
	struct ipc_object *object;

	note_mappings(dump, contents);
	TAILQ_FOREACH(object, &contents->objects, link) {
		if (!namespace->own)
			settle(dump, object);
		else if (object->nr_attached > object->nr_in_tree)
			refuse_attached(dump, object);
		if (namespace->own)
			object->wanted = true;
		if (object->wanted && object->sort == IPC_SEGMENTS)
			shared_memory_reserve_id(dump, (uint64_t)object->id);
	}
	return 0;
}

/* --- restore --- */

/* Somebody who lives has used it, and was not there before. */
static pid_t used_since(const struct ipc_object *before, const struct ipc_object *now)
{
	for (size_t i = 0; i < now->nr_users; i++)
		if (now->users[i] && is_alive((pid_t)now->users[i]))
			return (pid_t)now->users[i];
	return 0;
}

static void check_object(struct restore *restore, struct ipc_object *object, const struct ipc_object *now)
{
	const struct ipc_sort_ops *ops = ipc_sort_ops(object->sort);
	pid_t user = object->sort == IPC_SEGMENTS ? 0 : used_since(object, now);

	object->is_there = true;
	if (now->desc.key != object->desc.key || !ops->same(object, now))
		restore_refuse(restore, NULL,
			       "%s %d belongs to somebody else on this host (key %#x, not %#x); remove it, or restore in "
			       "an IPC namespace of its own",
			       ops->name, object->id, now->desc.key, object->desc.key);
	else if (user)
		restore_refuse(restore, NULL,
			       "%s %d (key %#x) has been used by process %d (%s) since the dump; end it first",
			       ops->name, object->id, object->desc.key, user, comm_of(&restore->arena, user));
	else if (now->nr_attached)
		restore_refuse(restore, NULL,
			       "shared memory segment %d (key %#x) has been attached by somebody else since the dump; let "
			       "it be detached first",
			       object->id, object->desc.key);
}

static const struct ipc_object *find_key(const struct ipc_contents *host, const struct ipc_object *object)
{
	const struct ipc_object *other;

	TAILQ_FOREACH(other, &host->objects, link)
		if (other->sort == object->sort && object->desc.key && other->desc.key == object->desc.key)
			return other;
	return NULL;
}

static void refuse_taken_key(struct restore *restore, const struct ipc_object *object, const struct ipc_object *other)
{
	restore_refuse(restore, NULL, "%s %d: its key %#x belongs to another one on this host, %d; remove that",
		       ipc_sort_ops(object->sort)->name, object->id, object->desc.key, other->id);
}

/* What is still there is used; what is missing is to be made. Of what may not be the tree's only that is made whose id and
 * key nobody has. */
int ipc_check_host(struct restore *restore, struct ipc_contents *contents)
{
	struct ipc_contents host;
	struct ipc_object *object, *next;
	const struct ipc_object *now, *same_key;
	int error = ipc_collect(&restore->arena, &host);

	for (object = TAILQ_FIRST(&contents->objects); !error && object; object = next) {
		next = TAILQ_NEXT(object, link);
		now = ipc_find(&host, object->sort, object->id);
		same_key = find_key(&host, object);
		if (object->desc.perhaps && (now || same_key))
			TAILQ_REMOVE(&contents->objects, object, link);
		else if (now)
			check_object(restore, object, now);
		else if (same_key)
			refuse_taken_key(restore, object, same_key);
	}
	return error;
}
