// SPDX-License-Identifier: GPL-2.0-only
/* Scheduling of threads: policy, priority, nice value, CPU affinity, I/O priority, timer slack. All of it is read
 * and set from outside. What no upstream field holds stands in our own fields of thread_core_entry. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/kernel/proc/value.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define IOPRIO_WHO_PROCESS 1
#ifndef SCHED_DEADLINE
#define SCHED_DEADLINE 6
#endif
#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif
/* Machines of up to 8192 processors. */
#define AFFINITY_MAX 1024

static int scheduler_survey(struct dump *dump, const struct task *task)
{
	for (unsigned int i = 0; task->state != TASK_DEAD && i < task->nr_threads; i++)
		if (task->threads[i].stat->policy == SCHED_DEADLINE)
			dump_refuse(dump, task,
				    "thread %d: SCHED_DEADLINE cannot be kept by this build; "
				    "change its policy before the dump",
				    task->threads[i].tid);
	return 0;
}

static int dump_affinity(struct dump *dump, struct thread *thread)
{
	ThreadCoreEntry *core = thread->core->thread_core;
	uint8_t mask[AFFINITY_MAX];
	long size = syscall(SYS_sched_getaffinity, thread->tid, sizeof(mask), mask);

	if (size < 0)
		return log_errno(errno, "thread %d: CPU affinity cannot be read", thread->tid);
	core->has_sched_affinity = 1;
	core->sched_affinity.data = arena_copy(&dump->arena, mask, size);
	core->sched_affinity.len = size;
	return 0;
}

static int dump_timer_slack(struct dump *dump, struct thread *thread)
{
	ThreadCoreEntry *core = thread->core->thread_core;
	_cleanup_close_ int fd = proc_open_task(thread->tid);
	uint64_t slack;
	int error = fd < 0 ? fd : proc_read_timerslack(fd, &slack);

	if (error < 0)
		return log_errno(error, "thread %d: timer slack cannot be read", thread->tid);
	core->has_timer_slack = 1;
	core->timer_slack = slack;
	return 0;
}

static int scheduler_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	ThreadCoreEntry *core = thread->core->thread_core;
	int policy = sched_getscheduler(thread->tid);
	long io_priority = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, thread->tid);
	int error;

	if (policy < 0)
		return log_errno(errno, "thread %d: scheduling policy cannot be read", thread->tid);
	core->has_sched_nice = 1;
	core->sched_nice = thread->stat->nice;
	core->has_sched_policy = 1;
	core->sched_policy = policy;
	if ((policy & ~SCHED_RESET_ON_FORK) == SCHED_FIFO || (policy & ~SCHED_RESET_ON_FORK) == SCHED_RR) {
		core->has_sched_prio = 1;
		core->sched_prio = thread->stat->rt_priority;
	}
	if (io_priority > 0) {
		core->has_io_priority = 1;
		core->io_priority = io_priority;
	}
	error = dump_affinity(dump, thread);
	return error < 0 ? error : dump_timer_slack(dump, thread);
}

static int restore_affinity(const struct thread *thread)
{
	const ThreadCoreEntry *core = thread->core->thread_core;
	uint8_t now[AFFINITY_MAX];
	long size = syscall(SYS_sched_getaffinity, thread->tid, sizeof(now), now);

	if (!core->has_sched_affinity ||
	    (size == (long)core->sched_affinity.len && !memcmp(now, core->sched_affinity.data, size)))
		return 0;
	/* All of the wanted processors may be missing on this machine: then it runs where it can. */
	if (!syscall(SYS_sched_setaffinity, thread->tid, core->sched_affinity.len, core->sched_affinity.data))
		return 0;
	if (errno != EINVAL)
		return log_errno(errno, "thread %d: CPU affinity cannot be set", thread->tid);
	log_warn("thread %d: none of the processors of its CPU affinity is here; it may run on all", thread->tid);
	return 0;
}

static int restore_timer_slack(const struct thread *thread)
{
	const ThreadCoreEntry *core = thread->core->thread_core;
	_cleanup_close_ int dir = proc_open_task(thread->tid);
	_cleanup_close_ int fd = -EBADF;
	uint64_t now;
	char text[32];
	int length;

	if (!core->has_timer_slack || dir < 0 || proc_read_timerslack(dir, &now) < 0 || now == core->timer_slack)
		return 0;
	fd = openat(dir, "timerslack_ns", O_WRONLY | O_CLOEXEC);
	length = snprintf(text, sizeof(text), "%llu", (unsigned long long)core->timer_slack);
	if (fd < 0 || write(fd, text, length) != length)
		return log_errno(errno, "thread %d: timer slack cannot be set", thread->tid);
	return 0;
}

static int restore_policy(const struct thread *thread)
{
	const ThreadCoreEntry *core = thread->core->thread_core;
	struct sched_param parameter = { .sched_priority = core->has_sched_prio ? (int)core->sched_prio : 0 };
	int policy = core->has_sched_policy ? (int)core->sched_policy : SCHED_OTHER;

	if (core->has_sched_nice && setpriority(PRIO_PROCESS, thread->tid, core->sched_nice) < 0)
		return log_errno(errno, "thread %d: nice value %d cannot be set", thread->tid, core->sched_nice);
	if (sched_getscheduler(thread->tid) == policy && !parameter.sched_priority)
		return 0;
	if (sched_setscheduler(thread->tid, policy, &parameter) < 0)
		return log_errno(errno, "thread %d: scheduling policy %#x cannot be set", thread->tid, policy);
	return 0;
}

static int scheduler_finish_thread(struct restore *restore, struct task *task, struct thread *thread)
{
	const ThreadCoreEntry *core = thread->core->thread_core;
	long now = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, thread->tid);
	int error = restore_policy(thread);

	if (!error)
		error = restore_affinity(thread);
	if (!error)
		error = restore_timer_slack(thread);
	if (error < 0)
		return error;
	if (core->has_io_priority && now != (long)core->io_priority &&
	    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, thread->tid, core->io_priority) < 0)
		return log_errno(errno, "thread %d: I/O priority %#x cannot be set", thread->tid, core->io_priority);
	return 0;
}

const struct task_kind scheduler_kind = {
	.name = "scheduler",
	.survey = scheduler_survey,
	.dump_thread = scheduler_dump_thread,
	.finish_thread = scheduler_finish_thread,
};
