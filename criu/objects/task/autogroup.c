// SPDX-License-Identifier: GPL-2.0-only
/* The nice value that the tasks of a session share as a group of the scheduler: /proc/PID/autogroup (sched(7)). Each
 * task has it in its record, because the leader of a session may have ended. */
#include <errno.h>
#include <unistd.h>

#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/value.h"
#include "criu/model/sessions.h"
#include "criu/objects/kinds.h"
#include "criu/objects/task/own-value.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* Who has no CAP_SYS_ADMIN may set one every tenth of a second, all together (kernel/sched/autogroup.c). */
#define ATTEMPTS 100
#define PAUSE_USEC 20000

static int autogroup_dump_task(struct dump *dump, struct task *task)
{
	TaskCoreEntry *core = task_core(task)->tc;
	int nice;

	if (task->state == TASK_DEAD || session_is_outside(&dump->tasks, task))
		return 0;
	/* No such file or nothing in it: this kernel has no such groups. */
	if (proc_read_autogroup_nice(task->proc_fd, &nice) < 0)
		return 0;
	core->has_autogroup_nice = 1;
	core->autogroup_nice = nice;
	return 0;
}

static int autogroup_load(struct restore *restore, struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;
	_cleanup_close_ int self = proc_open_task(getpid());
	int now, error = self < 0 ? self : proc_read_autogroup_nice(self, &now);

	/* -ENODATA: who starts criu has made no session since the machine started, and criu is in no group itself. The
	 * tasks make sessions, and get groups. */
	if (error < 0 && error != -ENODATA && core->has_autogroup_nice && core->autogroup_nice)
		restore_refuse(restore, task, "its session has nice value %d, and this kernel has no autogroups",
			       core->autogroup_nice);
	return 0;
}

static int autogroup_in_task(struct restore *restore, struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;
	_cleanup_close_ int self = proc_open_task(getpid());
	int error = -EAGAIN, now;

	if (!core->has_autogroup_nice || session_is_outside(&restore->tasks, task))
		return 0;
	for (int i = 0; error == -EAGAIN && i < ATTEMPTS; i++) {
		/* Another task of the session may have done it. */
		if (self < 0 || proc_read_autogroup_nice(self, &now) < 0 || now == core->autogroup_nice)
			return 0;
		if (i)
			usleep(PAUSE_USEC);
		error = write_own_value("/proc/self/autogroup", core->autogroup_nice);
	}
	if (error < 0)
		return log_errno(error, "task %d: nice value %d of its session cannot be set", task->pid,
				 core->autogroup_nice);
	return 0;
}

const struct task_kind autogroup_kind = {
	.name = "autogroup",
	.dump_task = autogroup_dump_task,
	.load = autogroup_load,
	.in_task = autogroup_in_task,
};
