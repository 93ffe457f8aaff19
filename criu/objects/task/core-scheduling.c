// SPDX-License-Identifier: GPL-2.0-only
/* Groups of threads that may share a processor core with each other only (PR_SCHED_CORE, Linux 5.14). Their cookies
 * are random numbers: equal ones make a group, which is made anew. A thread without one has that of criu. */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/util/log.h"

/* linux/prctl.h */
#define OPTION_SCHED_CORE 62
enum { CORE_GET, CORE_CREATE, CORE_SHARE_TO, CORE_SHARE_FROM };
#define SCOPE_THREAD 0

static int core_call(int command, pid_t tid, uint64_t *ret_cookie)
{
	return prctl(OPTION_SCHED_CORE, command, tid, SCOPE_THREAD, ret_cookie) < 0 ? -errno : 0;
}

static int core_scheduling_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	ThreadCoreEntry *core = thread->core->thread_core;
	uint64_t cookie = 0;
	int error = core_call(CORE_GET, thread->tid, &cookie);

	/* -EINVAL: a kernel without it; -ENODEV: no core has more than one thread of execution. */
	if (error < 0 && error != -EINVAL && error != -ENODEV)
		return log_errno(error, "thread %d: core scheduling cookie cannot be read", thread->tid);
	core->has_sched_core_cookie = !error && cookie;
	core->sched_core_cookie = cookie;
	return 0;
}

static int core_scheduling_load(struct restore *restore, struct task *task)
{
	uint64_t cookie;

	for (unsigned int i = 0; i < task->nr_threads; i++) {
		const ThreadCoreEntry *core = task->threads[i].core->thread_core;

		if (!core->has_sched_core_cookie || core_call(CORE_GET, 0, &cookie) != -EINVAL)
			continue;
		restore_refuse(restore, task,
			       "thread %d: shared its processor core only with some; this kernel has no core scheduling",
			       task->threads[i].tid);
	}
	return 0;
}

/* Who takes a cookie to give it to another has it, too: a child does, and ends. */
static int share(pid_t from, pid_t to)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int error = core_call(CORE_SHARE_FROM, from, NULL);

		_exit(-(error < 0 ? error : core_call(CORE_SHARE_TO, to, NULL)));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

static int core_scheduling_finish_thread(struct restore *restore, struct task *task, struct thread *thread)
{
	static const char key;
	const ThreadCoreEntry *core = thread->core->thread_core;
	bool is_new;
	pid_t *first;
	int error;

	if (!core->has_sched_core_cookie)
		return 0;
	first = kind_state_get(&restore->kind_state, &restore->arena, &key, core->sched_core_cookie,
			       sizeof(*first), &is_new);
	if (is_new)
		*first = thread->tid;
	error = is_new ? core_call(CORE_CREATE, thread->tid, NULL) : share(*first, thread->tid);
	/* Every thread has its core for itself here. */
	if (error < 0 && error != -ENODEV)
		return log_errno(error, "thread %d: core scheduling group cannot be %s", thread->tid,
				 is_new ? "made" : "joined");
	return 0;
}

const struct task_kind core_scheduling_kind = {
	.name = "core-scheduling",
	.dump_thread = core_scheduling_dump_thread,
	.load = core_scheduling_load,
	.finish_thread = core_scheduling_finish_thread,
};
