// SPDX-License-Identifier: GPL-2.0-only
/* Steps of the restorer for attributes that are one number each, and for the NUMA policy. Only what differs is set: a
 * new task has what the process that runs the restore had. */
#include <asm/mman.h>

#include "criu/blobs/arch.h"
#include "criu/blobs/control-calls.h"
#include "criu/blobs/restorer/internal.h"

/* Merging everything has taken what is not to be merged, too. */
static long unmerge(struct context *context)
{
	const struct restorer_mapping *mappings = at_offset(context, context->task->mappings);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->task->nr_mappings; i++) {
		context->value = mappings[i].start;
		if (!(mappings[i].madvise >> MADV_MERGEABLE & 1))
			error = call(__NR_madvise, mappings[i].start, mappings[i].length, MADV_UNMERGEABLE);
	}
	return error;
}

/* Before there are threads: they use what the task is allowed to. */
long step_set_controls(struct context *context)
{
	long error = 0;

	for (int i = 0; !error && i < TASK_CONTROLS; i++) {
		context->value = i;
		if (task_controls[i].usual != CONTROL_HINT)
			error = control_apply(&task_controls[i], context->task->controls[i]);
	}
	if (!error && context->task->controls[CONTROL_memory_merge] > 0)
		error = unmerge(context);
	return error;
}

/* When the threads are there: the kernel has chosen by itself, and perhaps the same. */
long step_set_hints(struct context *context)
{
	for (int i = 0; i < TASK_CONTROLS; i++)
		if (task_controls[i].usual == CONTROL_HINT)
			control_apply(&task_controls[i], context->task->controls[i]);
	return 0;
}

long step_use_features(struct context *context)
{
	arch_use_features(context->thread->late_features);
	return 0;
}

long step_set_thread_controls(struct context *context)
{
	long error = 0;

	for (int i = 0; !error && i < THREAD_CONTROLS; i++) {
		context->value = i;
		error = control_apply(&thread_controls[i], context->thread->controls[i]);
	}
	return error;
}

long step_set_numa_policy(struct context *context)
{
	const struct restorer_thread *thread = context->thread;

	context->value = thread->numa_mode;
	if (thread->numa_mode < 0)
		return 0;
	return call(__NR_set_mempolicy, thread->numa_mode, thread->numa_nodes, RESTORER_NODES_MAX);
}
