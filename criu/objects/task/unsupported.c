// SPDX-License-Identifier: GPL-2.0-only
/* State of tasks that this build does not keep: refused by name before anything is touched. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "criu/kernel/proc/cgroup.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/kernel/proc/status.h"
#include "criu/model/sessions.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* The cgroups of criu, read once a run; the items belong to the arena. */
struct own_cgroups {
	struct proc_cgroup *items;
	size_t count;
	int error;
};

static const struct own_cgroups *own_cgroups(struct dump *dump)
{
	static const char key;
	bool is_new;
	struct own_cgroups *own = kind_state_get(&dump->kind_state, &dump->arena, &key, 0, sizeof(*own), &is_new);
	_cleanup_proc_cgroups_ struct proc_cgroups cgroups = {};
	_cleanup_close_ int self = -EBADF;

	if (!is_new)
		return own;
	self = proc_open_task(getpid());
	own->error = self < 0 ? self : proc_read_cgroups(self, &cgroups);
	own->items = arena_array(&dump->arena, struct proc_cgroup, cgroups.count);
	for (; own->count < cgroups.count; own->count++)
		own->items[own->count].path = arena_strdup(&dump->arena, cgroups.items[own->count].path);
	return own;
}

static int refuse_cgroups(struct dump *dump, const struct task *task)
{
	_cleanup_proc_cgroups_ struct proc_cgroups theirs = {};
	const struct own_cgroups *own = own_cgroups(dump);
	int error = own->error;

	if (dump->options->manage_cgroups == MANAGE_CGROUPS_IGNORE)
		return 0;
	if (!error)
		error = proc_read_cgroups(task->proc_fd, &theirs);
	if (error < 0)
		return log_errno(error, "task %d: cgroups cannot be read", task->pid);
	for (size_t i = 0; i < theirs.count && i < own->count; i++)
		if (strcmp(own->items[i].path, theirs.items[i].path) != 0)
			dump_refuse(dump, task,
				    "is in cgroup '%s:%s' and criu in '%s': cgroups cannot be kept by this "
				    "build; --manage-cgroups=ignore restores it in the cgroup of criu",
				    theirs.items[i].controllers, theirs.items[i].path, own->items[i].path);
	return 0;
}

/* A POSIX lock belongs to the table of the thread that set it, and nobody tells which thread that was. */
static void refuse_thread_locks(struct dump *dump, const struct task *task)
{
	for (unsigned int i = 1; i < task->nr_threads; i++)
		for (unsigned int j = 0; j < task->threads[i].nr_fds; j++)
			if (task->threads[i].fds[j].locks)
				dump_refuse(dump, task,
					    "thread %d has a descriptor table of its own, and in it a locked file, %s: "
					    "such a lock cannot be kept; release it before the dump",
					    task->threads[i].tid, fd_describe(dump, &task->threads[i].fds[j]));
}

static void refuse_sharing(struct dump *dump, const struct task *task)
{
	if (task->sharing_refusal)
		dump_refuse(dump, task, "%s: cannot be made again; let it part (unshare) or end before the dump",
			    task->sharing_refusal);
}

static void refuse_thread_state(struct dump *dump, const struct task *task)
{
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		const struct thread *thread = &task->threads[i];

		if (thread->status->has_shadow_stack)
			dump_refuse(dump, task, "thread %d: its shadow stack cannot be kept by this build",
				    thread->tid);
	}
}

static bool is_alive(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

static void refuse_sessions(struct dump *dump, const struct task *task)
{
	const char *reason = session_refusal(&dump->tasks, task), *group = group_refusal(&dump->tasks, task);

	if (group)
		dump_refuse(dump, task,
			    "process group %d cannot be joined again: %s; let one of them go to another group (setpgid) or "
			    "end before the dump",
			    task->pgid, group);
	if (reason)
		dump_refuse(dump, task, "session %d cannot be founded again: %s", task->birth_sid, reason);
	else if (task->orphaned && (!task->birth_sid || is_alive(task->birth_sid)))
		dump_refuse(dump, task,
			    "session %d has its leader outside the tree; dump from the leader, start the "
			    "program with setsid, or use --shell-job",
			    task->birth_sid);
}

static int unsupported_survey(struct dump *dump, const struct task *task)
{
	refuse_sessions(dump, task);
	if (task->state == TASK_DEAD)
		return 0;
	refuse_sharing(dump, task);
	refuse_thread_locks(dump, task);
	refuse_thread_state(dump, task);
	return refuse_cgroups(dump, task);
}

/* --- restore: images of others may hold what we never write --- */

static void refuse_thread_records(struct restore *restore, const struct task *task, const struct thread *thread)
{
	const ThreadCoreEntry *core = thread->core->thread_core;

	if (core->has_cg_set && core->cg_set != restore->inventory->root_cg_set &&
	    restore->options->manage_cgroups != MANAGE_CGROUPS_IGNORE)
		restore_refuse(restore, task,
			       "thread %d: was in a cgroup of its own, and cgroups cannot be restored by this build; "
			       "--manage-cgroups=ignore restores it in the cgroup of criu",
			       thread->tid);
}

static int unsupported_load(struct restore *restore, struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;

	if (core->has_old_seccomp_mode && core->old_seccomp_mode != SECCOMP_MODE__disabled)
		restore_refuse(restore, task,
			       "has its seccomp filters in the form of old images, which this build does not read");
	for (unsigned int i = 0; i < task->nr_threads; i++)
		refuse_thread_records(restore, task, &task->threads[i]);
	return 0;
}

const struct task_kind unsupported_kind = {
	.name = "unsupported",
	.survey = unsupported_survey,
	.load = unsupported_load,
};
