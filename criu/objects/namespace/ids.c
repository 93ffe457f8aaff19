// SPDX-License-Identifier: GPL-2.0-only
/* Which namespaces a task is in: those of the dumper, or those of the root of the tree if there is a kind that can make
 * them again. Everything else is refused by name. */
#include <errno.h>

#include "criu/kernel/proc/namespaces.h"
#include "criu/kernel/proc/open.h"
#include "criu/objects/namespace/mount-of-ip.h"
#include "criu/objects/namespace/namespaces.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* --- dump --- */

/* One within which criu can work as well: nothing of it has to be kept. */
static void refuse_mount(struct dump *dump, const struct task *task, const struct namespace *namespace)
{
	const char *name = mount_of_ip_name(dump, task);

	dump_refuse(dump, task,
		    "namespace 'mnt:[%lu]' is not that of criu: such namespaces cannot be kept by this build%s",
		    (unsigned long)namespace->inode,
		    !name ? ""
			  : arena_printf(&dump->arena,
					 "; as it is one of 'ip netns exec %s', run criu within it (nsenter "
					 "--mount=/proc/%d/ns/mnt criu dump ...), and restore in one like it (ip netns exec "
					 "%s criu restore ...)",
					 name, task->pid, name));
}

static void refuse_type(struct dump *dump, const struct task *task, enum namespace_type type)
{
	const struct task *root = TAILQ_FIRST(&dump->tasks);
	const struct namespace *namespace = dump_namespace_of(dump, task, type);
	const struct namespace *of_root = dump_namespace_of(dump, root, type);

	if (namespace->own && type == NAMESPACE_MNT)
		refuse_mount(dump, task, namespace);
	else if (namespace->own && !namespace_kind_of(type))
		dump_refuse(dump, task,
			    "namespace '%s:[%lu]' is not that of criu: such namespaces cannot be kept by this build",
			    namespace_type_name(type), (unsigned long)namespace->inode);
	else if (of_root && namespace != of_root)
		dump_refuse(dump, task,
			    "namespace '%s:[%lu]' is not that of task %d, the root of the tree: this build keeps "
			    "one for all",
			    namespace_type_name(type), (unsigned long)namespace->inode, root->pid);
}

static const struct {
	enum proc_namespace link;
	enum namespace_type type;
} thread_links[] = {
	{ PROC_NS_PID, NAMESPACE_PID },	  { PROC_NS_PID_FOR_CHILDREN, NAMESPACE_PID },
	{ PROC_NS_NET, NAMESPACE_NET },	  { PROC_NS_IPC, NAMESPACE_IPC },
	{ PROC_NS_UTS, NAMESPACE_UTS },	  { PROC_NS_TIME, NAMESPACE_TIME },
	{ PROC_NS_MNT, NAMESPACE_MNT },	  { PROC_NS_TIME_FOR_CHILDREN, NAMESPACE_TIME },
	{ PROC_NS_USER, NAMESPACE_USER }, { PROC_NS_CGROUP, NAMESPACE_CGROUP },
};

/* A thread can have parted; and children that are still to come can be meant for others (unshare(2)). A link for those
 * without a target is one to a pid namespace that waits for its first process. */
static void refuse_parted(struct dump *dump, const struct task *task, const struct thread *thread,
			  const struct proc_namespaces *theirs)
{
	for (size_t i = 0; i < ARRAY_SIZE(thread_links); i++) {
		uint64_t inode = theirs->inodes[thread_links[i].link];

		if (inode != dump_namespace_of(dump, task, thread_links[i].type)->inode)
			dump_refuse(dump, task,
				    "thread %d: namespace '%s:[%lu]' is not that of its process, which cannot be kept",
				    thread->tid, proc_namespace_name(thread_links[i].link), (unsigned long)inode);
	}
}

static int survey_thread(struct dump *dump, const struct task *task, const struct thread *thread)
{
	_cleanup_close_ int fd = -EBADF;
	struct proc_namespaces theirs;
	int error;

	if (thread == task_live_thread(task)) {
		refuse_parted(dump, task, thread, task->namespaces);
		return 0;
	}
	fd = proc_open_thread(task->proc_fd, thread->tid);
	error = fd < 0 ? fd : proc_read_namespaces(fd, &theirs);
	if (error < 0)
		return log_errno(error, "thread %d: namespaces cannot be read", thread->tid);
	refuse_parted(dump, task, thread, &theirs);
	return 0;
}

static int namespace_ids_survey(struct dump *dump, const struct task *task)
{
	if (!task->ids)
		return 0;
	for (int type = 0; type < NAMESPACE_TYPES; type++)
		refuse_type(dump, task, type);
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		int error = task->threads[i].dead ? 0 : survey_thread(dump, task, &task->threads[i]);

		if (error < 0)
			return error;
	}
	return task->parent ? 0 : namespaces_survey(dump);
}

/* --- restore --- */

static struct namespace *add_namespace(struct restore *restore, const struct task *task,
				       enum namespace_type type, uint32_t id, bool own)
{
	struct namespace *namespace = arena_new(&restore->arena, struct namespace);

	namespace->type = type;
	namespace->id = id;
	namespace->own = own;
	namespace->first = task;
	namespace->fd = -EBADF;
	TAILQ_INSERT_TAIL(&restore->namespaces, namespace, link);
	return namespace;
}

static int load_first(struct restore *restore, const struct task *task, enum namespace_type type, uint32_t id,
		      bool own)
{
	const struct namespace_kind *kind = namespace_kind_of(type);
	const TaskKobjIdsEntry *root = restore->root->ids;
	struct namespace *namespace;

	if (own && !kind) {
		restore_refuse(restore, task, "has a %s namespace of its own: cannot be restored by this build",
			       namespace_type_name(type));
		return 0;
	}
	if (task != restore->root && root && namespace_get_id(root, type) != id) {
		restore_refuse(restore, task,
			       "its %s namespace is not that of the root: cannot be restored by this build",
			       namespace_type_name(type));
		return 0;
	}
	namespace = add_namespace(restore, task, type, id, own);
	if (!kind || !kind->load || (!own && !kind->shared_too))
		return 0;
	return kind->load(restore, namespace);
}

static int namespace_ids_load(struct restore *restore, struct task *task)
{
	const TaskKobjIdsEntry *dumper = restore->inventory->root_ids;

	for (int type = 0; type < NAMESPACE_TYPES; type++) {
		uint32_t id = namespace_get_id(task->ids, type),
			 shared = dumper ? namespace_get_id(dumper, type) : id;
		struct namespace *namespace = namespace_find(&restore->namespaces, type, id);
		int error = namespace ? 0 : load_first(restore, task, type, id, id != shared);

		if (error < 0)
			return error;
	}
	return 0;
}

const struct task_kind namespace_ids_kind = {
	.name = "namespace-ids",
	.survey = namespace_ids_survey,
	.load = namespace_ids_load,
};
