// SPDX-License-Identifier: GPL-2.0-only
/* The namespaces of the dumper and of the tasks: told apart by the inodes of /proc/PID/ns, numbered on first sight. */
#include <errno.h>
#include <unistd.h>

#include "criu/collect/tree.h"
#include "criu/kernel/proc/namespaces.h"
#include "criu/kernel/proc/open.h"
#include "criu/model/dump.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

static const enum proc_namespace links[NAMESPACE_TYPES] = {
	[NAMESPACE_PID] = PROC_NS_PID,	 [NAMESPACE_NET] = PROC_NS_NET,	      [NAMESPACE_IPC] = PROC_NS_IPC,
	[NAMESPACE_UTS] = PROC_NS_UTS,	 [NAMESPACE_TIME] = PROC_NS_TIME,     [NAMESPACE_MNT] = PROC_NS_MNT,
	[NAMESPACE_USER] = PROC_NS_USER, [NAMESPACE_CGROUP] = PROC_NS_CGROUP,
};

static struct namespace *find_by_inode(const struct dump *dump, enum namespace_type type, uint64_t inode)
{
	struct namespace *namespace;

	TAILQ_FOREACH(namespace, &dump->namespaces, link)
		if (namespace->type == type && namespace->inode == inode)
			return namespace;
	return NULL;
}

static struct namespace *add_namespace(struct dump *dump, enum namespace_type type, uint64_t inode)
{
	struct namespace *last = TAILQ_LAST(&dump->namespaces, namespace_list);
	struct namespace *namespace = arena_new(&dump->arena, struct namespace);

	namespace->type = type;
	namespace->inode = inode;
	namespace->id = last ? last->id + 1 : 1;
	namespace->fd = -EBADF;
	TAILQ_INSERT_TAIL(&dump->namespaces, namespace, link);
	return namespace;
}

/* A kernel without a type has one namespace of it. */
static int collect_own(struct dump *dump)
{
	_cleanup_close_ int self = proc_open_task(getpid());
	struct proc_namespaces own = {};
	int error = self < 0 ? self : proc_read_namespaces(self, &own);

	for (int type = 0; !error && type < NAMESPACE_TYPES; type++)
		add_namespace(dump, type, own.inodes[links[type]]);
	return error;
}

static int read_of_task(const struct task *task, struct proc_namespaces *ret)
{
	const struct thread *speaker = task_live_thread(task);
	_cleanup_close_ int fd = -EBADF;

	if (speaker == &task->threads[0])
		return proc_read_namespaces(task->proc_fd, ret);
	fd = proc_open_thread(task->proc_fd, speaker->tid);
	return fd < 0 ? fd : proc_read_namespaces(fd, ret);
}

static int collect_of_task(struct dump *dump, struct task *task)
{
	struct proc_namespaces theirs;
	int error = read_of_task(task, &theirs);

	if (error < 0)
		return log_errno(error, "task %d: namespaces cannot be read", task->pid);
	task->namespaces = arena_copy(&dump->arena, &theirs, sizeof(theirs));
	for (int type = 0; type < NAMESPACE_TYPES; type++) {
		uint64_t inode = theirs.inodes[links[type]];
		struct namespace *namespace = find_by_inode(dump, type, inode);

		if (!namespace) {
			namespace = add_namespace(dump, type, inode);
			namespace->own = true;
		}
		if (!namespace->nr_tasks++)
		namespace->first = task;
		namespace_set_id(task->ids, type, namespace->id);
	}
	return 0;
}

void collect_fill_dumper_namespaces(const struct dump *dump, TaskKobjIdsEntry *ids)
{
	const struct namespace *namespace;

	TAILQ_FOREACH(namespace, &dump->namespaces, link)
		if (!namespace->own)
			namespace_set_id(ids, namespace->type, namespace->id);
}

int collect_namespaces(struct dump *dump)
{
	struct task *task;
	int error = collect_own(dump);

	if (error < 0)
		return log_errno(error, "criu's own namespaces cannot be read");
	TAILQ_FOREACH(task, &dump->tasks, link) {
		error = task->ids ? collect_of_task(dump, task) : 0;
		if (error < 0)
			return error;
	}
	return 0;
}
