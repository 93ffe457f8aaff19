// SPDX-License-Identifier: GPL-2.0-only
/* On which processors a thread may run, and how its reading and writing stands to that of others: CPU affinity and
 * I/O priority, read and set from outside. Fields of our own in thread_core_entry. */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/util/log.h"

#define IOPRIO_WHO_PROCESS 1
/* Machines of up to 8192 processors. */
#define AFFINITY_MAX 1024

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

static int placement_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	ThreadCoreEntry *core = thread->core->thread_core;
	long io_priority = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, thread->tid);

	/* Zero means "by the nice value". A kernel without block devices has no such call. */
	if (io_priority >= 0) {
		core->has_io_priority = 1;
		core->io_priority = io_priority;
	}
	return dump_affinity(dump, thread);
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

static int placement_finish_thread(struct restore *restore, struct task *task, struct thread *thread)
{
	const ThreadCoreEntry *core = thread->core->thread_core;
	long now = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, thread->tid);
	int error = restore_affinity(thread);

	if (error < 0)
		return error;
	if (core->has_io_priority && now != (long)core->io_priority &&
	    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, thread->tid, core->io_priority) < 0)
		return log_errno(errno, "thread %d: I/O priority %#x cannot be set", thread->tid, core->io_priority);
	return 0;
}

const struct task_kind placement_kind = {
	.name = "placement",
	.dump_thread = placement_dump_thread,
	.finish_thread = placement_finish_thread,
};
