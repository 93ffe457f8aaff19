// SPDX-License-Identifier: GPL-2.0-only
/* What a task is called and how it stands: comm, personality, state, exit code, oom score, login uid, subreaper. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/proc/stat.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/value.h"
#include "criu/objects/kinds.h"
#include "criu/objects/task/own-value.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* Made in the name of its parent a child ends with the signal of who makes it. */
static int identity_survey(struct dump *dump, const struct task *task)
{
	int signal = task->threads[0].stat->exit_signal;

	if (task->parent && signal != SIGCHLD && (task->carrier || task->creator != task->parent))
		dump_refuse(dump, task,
			    "its end is told to its parent by signal %d, not SIGCHLD, and it shares with a sibling what "
			    "the parent does not have: both cannot be kept; let it part (unshare) or end before the dump",
			    signal);
	return 0;
}

static int identity_dump_task(struct dump *dump, struct task *task)
{
	TaskCoreEntry *core = task_core(task)->tc;
	uint32_t personality_word, login_uid;
	int oom_score, error;

	core->task_state = task->state;
	core->comm = arena_strdup(&dump->arena, task->threads[0].stat->comm);
	/* The parent of the root is another one after a restore, anyway. */
	core->has_exit_signal = task->parent && task->threads[0].stat->exit_signal != SIGCHLD;
	core->exit_signal = (uint32_t)task->threads[0].stat->exit_signal;
	if (task->state == TASK_DEAD) {
		core->exit_code = task->stat->exit_code;
		if (WCOREDUMP(task->stat->exit_code))
			log_warn("task %d: it ended with a core dump, which its parent is not going to be told (WCOREDUMP)",
				 task->pid);
		return 0;
	}
	core->flags = task->stat->flags;
	error = proc_read_personality(task->proc_fd, &personality_word);
	if (error < 0)
		return log_errno(error, "task %d: personality cannot be read", task->pid);
	core->personality = personality_word;
	error = proc_read_oom_score_adj(task->proc_fd, &oom_score);
	if (error < 0)
		return log_errno(error, "task %d: oom_score_adj cannot be read", task->pid);
	core->has_oom_score_adj = 1;
	core->oom_score_adj = oom_score;
	/* A kernel without audit has no such file. */
	error = proc_read_loginuid(task->proc_fd, &login_uid);
	core->has_loginuid = 1;
	core->loginuid = error < 0 ? PROC_LOGINUID_UNSET : login_uid;
	core->has_child_subreaper = 1;
	core->child_subreaper = task->parasite->child_subreaper > 0;
	if (task->parasite->membarrier > 0) {
		core->has_membarrier_registration_mask = 1;
		core->membarrier_registration_mask = task->parasite->membarrier;
	}
	return 0;
}

/* Upstream has a field for that of the leader only. */
static int dump_own_personality(const struct task *task, const struct thread *thread)
{
	_cleanup_close_ int fd = proc_open_thread(task->proc_fd, thread->tid);
	ThreadCoreEntry *core = thread->core->thread_core;
	uint32_t word;
	int error = fd < 0 ? fd : proc_read_personality(fd, &word);

	if (error < 0)
		return log_errno(error, "task %d: thread %d: personality cannot be read", task->pid, thread->tid);
	core->has_personality = word != task_core(task)->tc->personality;
	core->personality = word;
	return 0;
}

static int identity_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	ThreadCoreEntry *core = thread->core->thread_core;

	core->comm = arena_strdup(&dump->arena, thread->stat->comm);
	if (thread->tid != task->pid && dump_own_personality(task, thread) < 0)
		return -EIO;
	/* Where the restorer is; other cgroups were refused. */
	core->has_cg_set = 1;
	core->cg_set = DUMPER_CGROUP_SET;
	return 0;
}

static int identity_load(struct restore *restore, struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;

	if (core->has_exit_signal && (core->exit_signal >= NSIG || task->carrier || task->creator != task->parent))
		return log_fail(-EBADMSG,
				"image 'core-%d.img': a child that ends with signal %u cannot be made here",
				task->pid, core->exit_signal);
	return 0;
}

static int restore_oom_score(const struct task *task, const TaskCoreEntry *core)
{
	_cleanup_close_ int fd = proc_open_task(getpid());
	int now = 0, error;

	if (!core->has_oom_score_adj)
		return 0;
	error = fd < 0 ? fd : proc_read_oom_score_adj(fd, &now);
	if (!error && now != core->oom_score_adj)
		error = write_own_value("/proc/self/oom_score_adj", core->oom_score_adj);
	if (error < 0)
		return log_errno(error, "task %d: oom_score_adj %d cannot be set (now %d)", task->pid,
				 core->oom_score_adj, now);
	return 0;
}

static int restore_login_uid(const struct task *task, const TaskCoreEntry *core)
{
	_cleanup_close_ int fd = proc_open_task(getpid());
	uint32_t now = PROC_LOGINUID_UNSET;
	int error;

	if (!core->has_loginuid || fd < 0)
		return 0;
	error = proc_read_loginuid(fd, &now);
	if (error < 0 && core->loginuid == PROC_LOGINUID_UNSET)
		return 0;
	if (!error && now != core->loginuid)
		error = write_own_value("/proc/self/loginuid", core->loginuid);
	if (error < 0)
		return log_errno(error, "task %d: login uid %u cannot be set", task->pid, core->loginuid);
	return 0;
}

static int identity_in_task(struct restore *restore, struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;
	int error;

	error = restore_oom_score(task, core);
	if (!error)
		error = restore_login_uid(task, core);
	return error;
}

static int identity_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	const TaskCoreEntry *core = task_core(task)->tc;

	ret->pid = task->pid;
	ret->child_subreaper = core->has_child_subreaper && core->child_subreaper;
	ret->membarrier = core->has_membarrier_registration_mask ? core->membarrier_registration_mask : 0;
	return 0;
}

static int identity_plan_thread(struct restore *restore, struct task *task, struct thread *thread,
				struct restorer_thread *ret)
{
	const ThreadCoreEntry *core = thread->core->thread_core;
	const char *comm = core->comm;

	if (!comm)
		comm = task_core(task)->tc->comm;
	ret->tid = thread->tid;
	ret->personality = core->has_personality ? core->personality : task_core(task)->tc->personality;
	snprintf(ret->comm, sizeof(ret->comm), "%.15s", comm);
	return 0;
}

const struct task_kind identity_kind = {
	.name = "identity",
	.survey = identity_survey,
	.dump_task = identity_dump_task,
	.dump_thread = identity_dump_thread,
	.load = identity_load,
	.in_task = identity_in_task,
	.plan_task = identity_plan_task,
	.plan_thread = identity_plan_thread,
};
