// SPDX-License-Identifier: GPL-2.0-only
/* Seccomp of threads: strict mode, and chains of filters.
 *
 * Filters are read with PTRACE_SECCOMP_GET_FILTER (seccomp(2), ptrace(2)), which is for CAP_SYS_ADMIN of the initial
 * user namespace alone, and for tracers which are under no filter themselves.
 *
 * Which filter objects threads have in common nobody tells, but it is to be seen: a later SECCOMP_FILTER_FLAG_TSYNC
 * works only on threads whose chains begin with the same objects. So what the threads of a process have in common from
 * the oldest filter on is installed once, for all of them. Between processes nothing can be seen: there equal content
 * is enough. */
#include "criu/objects/task/seccomp.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/status.h"
#include "criu/model/arguments.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define KEPT_FLAGS (SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW)
#define ARGUMENT_SLACK 64

/* What linux/ptrace.h calls seccomp_metadata; that header does not go together with sys/ptrace.h. */
struct filter_metadata {
	uint64_t number, flags;
};

#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER 0x420c
#endif
#ifndef PTRACE_SECCOMP_GET_METADATA
#define PTRACE_SECCOMP_GET_METADATA 0x420d
#endif

static const char chain_key, shared_key;

/* --- dump --- */

static int read_program(struct dump *dump, const struct thread *thread, unsigned long number,
			struct seccomp_program *ret)
{
	struct filter_metadata metadata = { .number = number };
	long length = ptrace(PTRACE_SECCOMP_GET_FILTER, thread->tid, number, NULL);

	if (length <= 0)
		return length ? -errno : -ENODATA;
	ret->length = length;
	ret->code = arena_array(&dump->arena, struct sock_filter, ret->length);
	if (ptrace(PTRACE_SECCOMP_GET_FILTER, thread->tid, number, ret->code) != length ||
	    ptrace(PTRACE_SECCOMP_GET_METADATA, thread->tid, sizeof(metadata), &metadata) < 0)
		return -errno;
	ret->flags = metadata.flags;
	/* Not kept by the kernel: whether it was given is seen in what it spared the thread. */
	if (thread->status->speculates)
		ret->flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	return 0;
}

/* The kernel counts from the oldest filter. */
static int read_chain(struct dump *dump, const struct thread *thread, struct seccomp_chain *chain)
{
	unsigned int room = 0;
	int error = 0;

	while (!error) {
		if (chain->nr == room) {
			struct seccomp_program *grown;

			room = room ? room * 2 : 4;
			grown = arena_array(&dump->arena, struct seccomp_program, room);
			if (chain->nr)
				memcpy(grown, chain->programs, chain->nr * sizeof(*grown));
			chain->programs = grown;
		}
		error = read_program(dump, thread, chain->nr, &chain->programs[chain->nr]);
		chain->nr += !error;
	}
	return error == -ENOENT && chain->nr ? 0 : error;
}

static void survey_filters(struct dump *dump, const struct task *task, const struct thread *thread)
{
	struct seccomp_chain *chain = kind_state_get(&dump->kind_state, &dump->arena, &chain_key,
						     (uint64_t)thread->tid, sizeof(*chain), NULL);
	int error = read_chain(dump, thread, chain);

	if (error < 0)
		dump_refuse(dump, task,
			    "thread %d: its seccomp filters cannot be read: %s; run criu with CAP_SYS_ADMIN in the "
			    "initial user namespace, and not under a filter itself",
			    thread->tid, strerror(-error));
	for (unsigned int i = 0; !error && i < chain->nr; i++)
		if (seccomp_program_may_ask(&chain->programs[i]))
			dump_refuse(dump, task,
				    "thread %d: seccomp filter %u may ask a listener (SECCOMP_RET_USER_NOTIF), whose "
				    "descriptor cannot be kept; dump the task without a supervisor",
				    thread->tid, i);
}

static int seccomp_survey(struct dump *dump, const struct task *task)
{
	for (unsigned int i = 0; task->state != TASK_DEAD && i < task->nr_threads; i++) {
		const struct thread *thread = &task->threads[i];

		if (thread->dead)
			continue;
		if (thread->status->seccomp == SECCOMP_MODE_FILTER)
			survey_filters(dump, task, thread);
		else if (thread->status->seccomp == SECCOMP_MODE_STRICT && !compel_suspends_seccomp())
			dump_refuse(dump, task,
				    "thread %d: is under strict seccomp, which can be suspended only with CAP_SYS_ADMIN "
				    "in the initial user namespace",
				    thread->tid);
	}
	return 0;
}

static const struct seccomp_chain *dumped_chain(struct dump *dump, const struct thread *thread)
{
	static const struct seccomp_chain none;
	const struct seccomp_chain *chain = kind_state_find(&dump->kind_state, &chain_key, (uint64_t)thread->tid);

	return chain ? chain : &none;
}

static unsigned int common_length(const struct seccomp_chain *a, const struct seccomp_chain *b)
{
	unsigned int i = a->programs == b->programs ? a->nr : 0;

	while (i < a->nr && i < b->nr && seccomp_program_equal(&a->programs[i], &b->programs[i]))
		i++;
	return i;
}

static bool have_equal_chains(struct dump *dump, const struct task *task)
{
	const struct seccomp_chain *first = dumped_chain(dump, &task->threads[0]);

	for (unsigned int i = 1; i < task->nr_threads; i++) {
		const struct seccomp_chain *other = dumped_chain(dump, &task->threads[i]);

		if (other->nr != first->nr || common_length(first, other) != first->nr)
			return false;
	}
	return first->nr > 0;
}

/* Of threads with one chain only the leader's is written, to be installed for all. */
static struct seccomp_chain shared_chain(struct dump *dump, const struct seccomp_chain *chain)
{
	struct seccomp_chain shared = { .nr = chain->nr };

	shared.programs = arena_array(&dump->arena, struct seccomp_program, chain->nr);
	for (unsigned int i = 0; i < chain->nr; i++) {
		shared.programs[i] = chain->programs[i];
		shared.programs[i].flags |= SECCOMP_FILTER_FLAG_TSYNC;
	}
	return shared;
}

static bool *all_equal(struct dump *dump, const struct task *task)
{
	return kind_state_get(&dump->kind_state, &dump->arena, &shared_key, (uint64_t)task->pid, sizeof(bool), NULL);
}

static int seccomp_dump_task(struct dump *dump, struct task *task)
{
	if (task->state != TASK_DEAD)
		*all_equal(dump, task) = have_equal_chains(dump, task);
	return 0;
}

static int seccomp_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	ThreadCoreEntry *core = thread->core->thread_core;
	struct seccomp_chain chain = *dumped_chain(dump, thread);
	bool leader = thread == &task->threads[0];

	if (thread->status->seccomp == SECCOMP_MODE_STRICT) {
		core->has_seccomp_mode = 1;
		core->seccomp_mode = SECCOMP_MODE__strict;
	}
	if (!chain.nr)
		return 0;
	if (*all_equal(dump, task)) {
		if (!leader)
			return 0;
		chain = shared_chain(dump, &chain);
	}
	core->has_seccomp_mode = 1;
	core->seccomp_mode = SECCOMP_MODE__filter;
	core->has_seccomp_filter = 1;
	core->seccomp_filter = seccomp_image_add(dump, &chain);
	return 0;
}

/* --- restore --- */

static struct seccomp_chain *loaded_chain(struct restore *restore, const struct thread *thread)
{
	return kind_state_get(&restore->kind_state, &restore->arena, &chain_key, (uint64_t)thread->tid,
			      sizeof(struct seccomp_chain), NULL);
}

/* Filters are installed, and then suspended, by CAP_SYS_ADMIN. */
static void check_rights(struct restore *restore, struct task *task)
{
	_cleanup_close_ int self = proc_open_task(getpid());
	_cleanup_proc_status_ struct proc_status status = {};

	if (self < 0 || proc_read_status(self, &status) < 0)
		return;
	if (status.seccomp != SECCOMP_MODE_DISABLED)
		restore_refuse(restore, task,
			       "is under seccomp, which cannot be restored while criu is under seccomp itself");
	else if (!(status.cap_effective & (1ULL << CAP_SYS_ADMIN)))
		restore_refuse(restore, task, "is under seccomp, which can be restored only with CAP_SYS_ADMIN");
}

static void check_programs(struct restore *restore, const struct thread *thread, const struct seccomp_chain *chain)
{
	for (unsigned int i = 0; i < chain->nr; i++) {
		if (chain->programs[i].flags & ~KEPT_FLAGS)
			restore_refuse(restore, thread->task, "thread %d: seccomp filter %u has unknown flags %#x",
				       thread->tid, i, (unsigned int)(chain->programs[i].flags & ~KEPT_FLAGS));
		if (seccomp_program_may_ask(&chain->programs[i]))
			restore_refuse(restore, thread->task,
				       "thread %d: seccomp filter %u may ask a listener, which is not in the images",
				       thread->tid, i);
	}
}

static int load_thread(struct restore *restore, struct task *task, const struct thread *thread)
{
	const ThreadCoreEntry *core = thread->core->thread_core;
	struct seccomp_chain *chain = loaded_chain(restore, thread);
	int error;

	if (!core->has_seccomp_mode || core->seccomp_mode == SECCOMP_MODE__disabled)
		return 0;
	task->ends_under_seccomp = true;
	if (core->seccomp_mode == SECCOMP_MODE__strict)
		return 0;
	if (core->seccomp_mode != SECCOMP_MODE__filter || !core->has_seccomp_filter)
		return log_fail(-EBADMSG, "image 'core-%d.img': no such seccomp mode: %d", thread->tid,
				core->seccomp_mode);
	error = seccomp_image_chain(restore, thread, core->seccomp_filter, chain);
	if (error < 0)
		return error;
	check_programs(restore, thread, chain);
	return 0;
}

/* The leader's filters that are marked so are those of all threads. */
static int spread_chain(struct restore *restore, struct task *task)
{
	const struct seccomp_chain *leader = loaded_chain(restore, &task->threads[0]);

	if (!leader->nr || !(leader->programs[0].flags & SECCOMP_FILTER_FLAG_TSYNC))
		return 0;
	for (unsigned int i = 1; i < task->nr_threads; i++) {
		const ThreadCoreEntry *core = task->threads[i].core->thread_core;

		if (core->has_seccomp_mode && core->seccomp_mode != SECCOMP_MODE__disabled)
			return log_fail(-EBADMSG,
					"image 'core-%d.img': seccomp of its own, and that of thread %d is for all",
					task->threads[i].tid, task->pid);
		*loaded_chain(restore, &task->threads[i]) = *leader;
	}
	return 0;
}

static size_t chain_size(const struct seccomp_chain *chain)
{
	size_t size = chain->nr * (sizeof(struct restorer_filter) + ARGUMENT_SLACK) + ARGUMENT_SLACK;

	for (unsigned int i = 0; i < chain->nr; i++)
		size += chain->programs[i].length * sizeof(struct sock_filter);
	return size;
}

/* How many filters, from the oldest on, all threads have in common. */
static unsigned int *shared_length(struct restore *restore, const struct task *task)
{
	return kind_state_get(&restore->kind_state, &restore->arena, &shared_key, (uint64_t)task->pid,
			      sizeof(unsigned int), NULL);
}

static unsigned int find_shared(struct restore *restore, const struct task *task)
{
	const struct seccomp_chain *first = loaded_chain(restore, &task->threads[0]);
	unsigned int length = first->nr;

	for (unsigned int i = 1; i < task->nr_threads; i++)
		length = MIN(length, common_length(first, loaded_chain(restore, &task->threads[i])));
	return length;
}

static int seccomp_load(struct restore *restore, struct task *task)
{
	int error = 0;

	for (unsigned int i = 0; !error && i < task->nr_threads; i++)
		error = load_thread(restore, task, &task->threads[i]);
	if (error < 0 || !task->ends_under_seccomp)
		return error;
	check_rights(restore, task);
	error = spread_chain(restore, task);
	if (error < 0)
		return error;
	*shared_length(restore, task) = find_shared(restore, task);
	return 0;
}

static size_t seccomp_room(struct restore *restore, const struct task *task)
{
	unsigned int shared;
	size_t size = 0;

	if (!task->ends_under_seccomp)
		return 0;
	shared = *shared_length(restore, task);
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		const struct seccomp_chain *chain = loaded_chain(restore, &task->threads[i]);

		if (i == 0 || chain->nr > shared)
			size += chain_size(chain);
	}
	return size;
}

static int plan_filters(struct restore *restore, const struct seccomp_chain *chain, unsigned int first,
			unsigned int last, uint32_t *ret_filters)
{
	struct restorer_filter *filters = arguments_alloc(restore, (last - first) * sizeof(*filters), ret_filters);

	for (unsigned int i = first; filters && i < last; i++, filters++) {
		const struct seccomp_program *program = &chain->programs[i];
		size_t size = program->length * sizeof(*program->code);
		void *code = arguments_alloc(restore, size, &filters->code);

		if (!code)
			return -ENOMEM;
		memcpy(code, program->code, size);
		filters->length = program->length;
		filters->flags = program->flags & ~SECCOMP_FILTER_FLAG_TSYNC;
	}
	return filters ? 0 : -ENOMEM;
}

static int seccomp_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	const struct seccomp_chain *leader = loaded_chain(restore, &task->threads[0]);

	if (!task->ends_under_seccomp)
		return 0;
	ret->ends_under_seccomp = 1;
	ret->nr_filters = *shared_length(restore, task);
	return plan_filters(restore, leader, 0, ret->nr_filters, &ret->filters);
}

static int seccomp_plan_thread(struct restore *restore, struct task *task, struct thread *thread,
			       struct restorer_thread *ret)
{
	const ThreadCoreEntry *core = thread->core->thread_core;
	const struct seccomp_chain *chain = loaded_chain(restore, thread);
	unsigned int shared;

	if (!task->ends_under_seccomp)
		return 0;
	shared = *shared_length(restore, task);
	ret->seccomp_strict = core->has_seccomp_mode && core->seccomp_mode == SECCOMP_MODE__strict;
	ret->nr_filters = chain->nr - shared;
	return plan_filters(restore, chain, shared, chain->nr, &ret->filters);
}

const struct task_kind seccomp_mode_kind = {
	.name = "seccomp-mode",
	.survey = seccomp_survey,
	.dump_task = seccomp_dump_task,
	.dump_thread = seccomp_dump_thread,
	.load = seccomp_load,
	.plan_task = seccomp_plan_task,
	.plan_thread = seccomp_plan_thread,
	.room = seccomp_room,
};
