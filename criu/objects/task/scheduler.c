// SPDX-License-Identifier: GPL-2.0-only
/* Scheduling of threads: policy, priority, nice value, time slice, parameters of SCHED_DEADLINE, utilisation clamps,
 * timer slack. All of it is read and set from outside. What no upstream field holds stands in our own fields of
 * thread_core_entry. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/kernel/proc/value.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* linux/sched.h */
#define POLICY_NORMAL 0
#define POLICY_FIFO 1
#define POLICY_RR 2
#define POLICY_BATCH 3
#define POLICY_DEADLINE 6
#define POLICY_RESET_ON_FORK 0x40000000
#define FLAG_RESET_ON_FORK 1
#define FLAG_RECLAIM 2
#define FLAG_DL_OVERRUN 4
#define FLAG_KEEP_ALL 0x18
#define FLAG_UTIL_CLAMP 0x60
#define KEPT_FLAGS (FLAG_RESET_ON_FORK | FLAG_RECLAIM | FLAG_DL_OVERRUN)
#define UTIL_FULL 1024

/* struct sched_attr of linux/sched/types.h, which newer C libraries define, too. */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static int get_attributes(pid_t tid, struct attributes *ret)
{
	memset(ret, 0, sizeof(*ret));
	return syscall(SYS_sched_getattr, tid, ret, sizeof(*ret), 0) < 0 ? -errno : 0;
}

static int set_attributes(pid_t tid, struct attributes *attributes)
{
	attributes->size = sizeof(*attributes);
	return syscall(SYS_sched_setattr, tid, attributes, 0) < 0 ? -errno : 0;
}

static bool is_real_time(uint32_t policy)
{
	return policy == POLICY_FIFO || policy == POLICY_RR;
}

/* Of a fair policy the runtime is the time slice, from Linux 6.12 on; before, it is zero. */
static bool has_slice(uint32_t policy)
{
	return policy == POLICY_NORMAL || policy == POLICY_BATCH;
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

/* Nobody tells whether a slice was chosen or is the machine's: it was if it is not like ours. */
static bool slice_was_chosen(const struct attributes *its)
{
	struct attributes own;

	return has_slice(its->policy) && its->runtime &&
	       (get_attributes(0, &own) < 0 || !has_slice(own.policy) || own.runtime != its->runtime);
}

static void dump_attributes(struct dump *dump, struct thread *thread, const struct attributes *its)
{
	SchedAttrEntry *entry = arena_new(&dump->arena, SchedAttrEntry);

	sched_attr_entry__init(entry);
	entry->flags = its->flags & KEPT_FLAGS;
	if (its->policy == POLICY_DEADLINE) {
		entry->has_deadline = entry->has_period = 1;
		entry->deadline = its->deadline;
		entry->period = its->period;
	}
	if (its->policy == POLICY_DEADLINE || slice_was_chosen(its)) {
		entry->has_runtime = 1;
		entry->runtime = its->runtime;
	}
	/* Zero on a kernel without clamps. */
	if (its->util_max) {
		entry->has_util_min = entry->has_util_max = 1;
		entry->util_min = its->util_min;
		entry->util_max = its->util_max;
	}
	if (entry->has_runtime || entry->has_util_max)
		thread->core->thread_core->sched_attr = entry;
}

static int scheduler_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	ThreadCoreEntry *core = thread->core->thread_core;
	struct attributes its;
	int error = get_attributes(thread->tid, &its);

	if (error < 0)
		return log_errno(error, "thread %d: scheduling policy cannot be read", thread->tid);
	core->has_sched_nice = 1;
	core->sched_nice = thread->stat->nice;
	core->has_sched_policy = 1;
	core->sched_policy = its.policy | (its.flags & FLAG_RESET_ON_FORK ? POLICY_RESET_ON_FORK : 0);
	if (is_real_time(its.policy)) {
		core->has_sched_prio = 1;
		core->sched_prio = its.priority;
	}
	dump_attributes(dump, thread, &its);
	return dump_timer_slack(dump, thread);
}

/* --- restore --- */

static void wanted_attributes(const ThreadCoreEntry *core, struct attributes *ret)
{
	const SchedAttrEntry *entry = core->sched_attr;
	uint32_t policy = core->has_sched_policy ? core->sched_policy : POLICY_NORMAL;

	memset(ret, 0, sizeof(*ret));
	ret->policy = policy & ~POLICY_RESET_ON_FORK;
	ret->flags = (entry ? entry->flags & KEPT_FLAGS : 0) |
		     (policy & POLICY_RESET_ON_FORK ? FLAG_RESET_ON_FORK : 0);
	ret->nice = core->has_sched_nice ? core->sched_nice : 0;
	ret->priority = is_real_time(ret->policy) && core->has_sched_prio ? core->sched_prio : 0;
	if (entry) {
		ret->runtime = entry->has_runtime ? entry->runtime : 0;
		ret->deadline = entry->has_deadline ? entry->deadline : 0;
		ret->period = entry->has_period ? entry->period : 0;
	}
}

/* In a child, which is then gone. Whether there is room for all of a tree is seen only when they are there. */
static int try_deadline(struct attributes *wanted)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(-set_attributes(0, wanted));
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

static void check_deadline(struct restore *restore, const struct task *task, const struct thread *thread,
			   struct attributes *wanted)
{
	int error = wanted->policy == POLICY_DEADLINE ? try_deadline(wanted) : 0;

	if (error < 0)
		restore_refuse(restore, task,
			       "thread %d: SCHED_DEADLINE with %lu ns of each %lu ns is not admitted here: %s",
			       thread->tid, (unsigned long)wanted->runtime,
			       (unsigned long)(wanted->period ? wanted->period : wanted->deadline),
			       strerror(-error));
}

static void check_fair(struct restore *restore, const struct task *task, const struct thread *thread,
		       const struct attributes *wanted)
{
	const SchedAttrEntry *entry = thread->core->thread_core->sched_attr;
	struct attributes own;

	if (!entry || get_attributes(0, &own) < 0)
		return;
	if (has_slice(wanted->policy) && has_slice(own.policy) && wanted->runtime && !own.runtime)
		restore_refuse(restore, task, "thread %d: this kernel lets no thread choose its time slice (%lu ns)",
			       thread->tid, (unsigned long)wanted->runtime);
	/* Those of real time threads are full by themselves. */
	if (entry->has_util_max && !own.util_max &&
	    (entry->util_max != UTIL_FULL || (entry->util_min && !is_real_time(wanted->policy))))
		restore_refuse(restore, task, "thread %d: this kernel has no utilisation clamps (%u to %u)",
			       thread->tid, entry->util_min, entry->util_max);
}

static int scheduler_load(struct restore *restore, struct task *task)
{
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		struct attributes wanted;

		wanted_attributes(task->threads[i].core->thread_core, &wanted);
		check_deadline(restore, task, &task->threads[i], &wanted);
		check_fair(restore, task, &task->threads[i], &wanted);
	}
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

static int restore_nice(const struct thread *thread, int wanted)
{
	int now;

	errno = 0;
	now = getpriority(PRIO_PROCESS, thread->tid);
	if ((now == -1 && errno) || (now != wanted && setpriority(PRIO_PROCESS, thread->tid, wanted) < 0))
		return log_errno(errno, "thread %d: nice value %d cannot be set", thread->tid, wanted);
	return 0;
}

static int restore_clamps(const struct thread *thread, const SchedAttrEntry *entry, struct attributes *now)
{
	int error;

	if (!entry || !entry->has_util_max || !now->util_max ||
	    (now->util_min == entry->util_min && now->util_max == entry->util_max))
		return 0;
	now->flags = FLAG_KEEP_ALL | FLAG_UTIL_CLAMP;
	now->util_min = entry->util_min;
	now->util_max = entry->util_max;
	error = set_attributes(thread->tid, now);
	return error < 0 ? log_errno(error, "thread %d: utilisation clamps cannot be set", thread->tid) : 0;
}

static int restore_policy(const struct thread *thread, struct attributes *wanted)
{
	struct attributes now;
	int error = get_attributes(thread->tid, &now);

	if (error < 0)
		return log_errno(error, "thread %d: scheduling policy cannot be read", thread->tid);
	if (now.policy == wanted->policy && (now.flags & KEPT_FLAGS) == wanted->flags &&
	    now.priority == wanted->priority && wanted->policy != POLICY_DEADLINE &&
	    (!wanted->runtime || now.runtime == wanted->runtime))
		return 0;
	error = set_attributes(thread->tid, wanted);
	if (error < 0)
		return log_errno(error, "thread %d: scheduling policy %u cannot be set", thread->tid,
				 wanted->policy);
	return 0;
}

static int scheduler_finish_thread(struct restore *restore, struct task *task, struct thread *thread)
{
	const ThreadCoreEntry *core = thread->core->thread_core;
	struct attributes wanted, now;
	int error;

	wanted_attributes(core, &wanted);
	error = core->has_sched_nice ? restore_nice(thread, core->sched_nice) : 0;
	if (!error)
		error = restore_policy(thread, &wanted);
	if (!error)
		error = get_attributes(thread->tid, &now);
	if (!error)
		error = restore_clamps(thread, core->sched_attr, &now);
	/* Behind the policy: a change of it may change the slack. */
	return error < 0 ? error : restore_timer_slack(thread);
}

const struct task_kind scheduler_kind = {
	.name = "scheduler",
	.dump_thread = scheduler_dump_thread,
	.load = scheduler_load,
	.finish_thread = scheduler_finish_thread,
};
