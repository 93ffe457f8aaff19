// SPDX-License-Identifier: GPL-2.0-only
/* What all families of kinds use: reasons of refusal, and memory of a kind during a run. */
#include "criu/objects/kinds.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <compel/compel.h>

#include "criu/kernel/proc/stat.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/tree.h"

/* --- refusals --- */

static const char *format_reason(struct arena *arena, pid_t pid, const char *comm, const char *format, va_list args)
{
	_cleanup_free_ char *reason = NULL;

	if (vasprintf(&reason, format, args) < 0)
		abort();
	if (!pid)
		return arena_strdup(arena, reason);
	if (!comm)
		return arena_printf(arena, "task %d: %s", pid, reason);
	return arena_printf(arena, "task %d (%s): %s", pid, comm, reason);
}

static void add_refusal(struct arena *arena, struct refusal_list *list, const char *text)
{
	struct refusal *refusal = arena_new(arena, struct refusal);

	refusal->text = text;
	STAILQ_INSERT_TAIL(list, refusal, link);
	log_error("%s", text);
}

void dump_refuse(struct dump *dump, const struct task *task, const char *format, ...)
{
	const char *text;
	va_list args;

	task = task && task->shown_as ? task->shown_as : task;
	va_start(args, format);
	text = format_reason(&dump->arena, task ? task->pid : 0, task && task->stat ? task->stat->comm : NULL,
			     format, args);
	va_end(args);
	add_refusal(&dump->arena, &dump->refusals, text);
	dump->nr_refusals++;
}

static const char *restored_comm(const struct task *task)
{
	const CoreEntry *core = task && task->threads ? task_core(task) : NULL;

	return core && core->tc ? core->tc->comm : NULL;
}

void restore_refuse(struct restore *restore, const struct task *task, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = format_reason(&restore->arena, task ? task->pid : 0, restored_comm(task), format, args);
	va_end(args);
	add_refusal(&restore->arena, &restore->refusals, text);
	restore->nr_refusals++;
}

const char *fd_describe(struct dump *dump, const struct fd_info *fd)
{
	if (fd->in_flight)
		return arena_printf(&dump->arena, "a descriptor in flight in %s ('%s')", fd->in_flight, fd->link);
	return arena_printf(&dump->arena, "descriptor %d ('%s')", fd->fd, fd->link);
}

/* --- memory of kinds --- */

struct kind_state {
	RB_ENTRY(kind_state) link;
	const void *kind;
	uint64_t id;
	void *data;
};

RB_HEAD(kind_states, kind_state);

static int compare_states(const struct kind_state *a, const struct kind_state *b)
{
	if (a->kind != b->kind)
		return (uintptr_t)a->kind < (uintptr_t)b->kind ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

RB_GENERATE_LOCAL(kind_states, kind_state, link, compare_states)

static struct kind_state *find_state(struct kind_states *states, const void *kind, uint64_t id)
{
	struct kind_state key = { .kind = kind, .id = id };

	return states ? RB_FIND(kind_states, states, &key) : NULL;
}

void *kind_state_find(void *const *kind_state, const void *kind, uint64_t id)
{
	struct kind_state *state = find_state(*kind_state, kind, id);

	return state ? state->data : NULL;
}

void *kind_state_get(void **kind_state, struct arena *arena, const void *kind, uint64_t id, size_t size, bool *ret_new)
{
	struct kind_state *state = find_state(*kind_state, kind, id);

	if (ret_new)
		*ret_new = !state;
	if (state)
		return state->data;
	if (!*kind_state)
		*kind_state = arena_new(arena, struct kind_states);
	state = arena_new(arena, struct kind_state);
	state->kind = kind;
	state->id = id;
	state->data = arena_alloc(arena, size);
	RB_INSERT(kind_states, *kind_state, state);
	return state->data;
}

struct compel_thread *restore_seized_thread(const struct restore *restore, const struct thread *thread)
{
	const struct compel_process *process = restore->processes[thread->task->index];

	for (unsigned int i = 0; i < process->nr_threads; i++)
		if (process->threads[i].tid == thread->tid)
			return &process->threads[i];
	return NULL;
}
