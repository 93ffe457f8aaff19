// SPDX-License-Identifier: GPL-2.0-only
/* Steps of the restorer for what mappings have besides contents and advice: protection keys, policies, names. */
#include <asm/mman.h>
#include <errno.h>
#include <linux/prctl.h>
#include <stdbool.h>

#include "criu/blobs/restorer/internal.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif
#define MEMPOLICY_MOVE 2 /* MPOL_MF_MOVE */
#define NODES_MAX 1024
#define ADVICE_GUARD_INSTALL 102 /* MADV_GUARD_INSTALL, from 6.13 on */
#define KEYS_MAX 16
#define KEYS_KERNELS_OWN 1U /* key 0 */

static bool uses_keys(const struct restorer_task *task)
{
	return (task->keys & ~KEYS_KERNELS_OWN) || task->hidden_key;
}

/* The kernel gives the lowest free key. All are taken, but for the one that it will take itself, when it maps memory
 * which can be executed only (mm/pkeys.c of the architecture). */
long step_take_keys(struct context *context)
{
	const struct restorer_task *task = context->task;

	if (!uses_keys(task))
		return 0;
	for (uint32_t wanted = 1; wanted < KEYS_MAX; wanted++) {
		long key = call(__NR_pkey_alloc, 0, 0);

		context->value = wanted;
		/* Keys beyond the last one that is needed may be less than 16. */
		if (key < 0 && task->keys >> wanted == 0 && task->hidden_key < wanted)
			return 0;
		if (key != wanted)
			return key < 0 ? key : -EBUSY;
	}
	return task->hidden_key ? call(__NR_pkey_free, task->hidden_key) : 0;
}

long step_give_keys(struct context *context)
{
	const struct restorer_task *task = context->task;

	for (uint32_t key = 1; uses_keys(task) && key < KEYS_MAX; key++) {
		context->value = key;
		if (!(task->keys & (1U << key)) && key != task->hidden_key)
			call(__NR_pkey_free, key);
	}
	return 0;
}

long step_set_keys(struct context *context)
{
	const struct restorer_memory_key *users = at_offset(context, context->task->key_users);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->task->nr_key_users; i++) {
		context->value = users[i].start;
		error = call(__NR_pkey_mprotect, users[i].start, users[i].length, users[i].prot, users[i].key);
	}
	return error;
}

/* Pages that are at another node already move there. */
long step_set_policies(struct context *context)
{
	const struct restorer_memory_policy *policies = at_offset(context, context->task->policies);
	long error = 0;

	for (uint32_t i = 0; error >= 0 && i < context->task->nr_policies; i++) {
		context->value = policies[i].start;
		error = call(__NR_mbind, policies[i].start, policies[i].length, policies[i].mode,
			     policies[i].nodes, NODES_MAX, MEMPOLICY_MOVE);
	}
	return error;
}

long step_set_names(struct context *context)
{
	const struct restorer_memory_name *names = at_offset(context, context->task->names);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->task->nr_names; i++) {
		context->value = names[i].start;
		error = call(__NR_prctl, PR_SET_VMA, PR_SET_VMA_ANON_NAME, names[i].start, names[i].length,
			     names[i].name);
	}
	return error;
}

long step_set_guards(struct context *context)
{
	const struct restorer_memory_guard *guards = at_offset(context, context->task->guards);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->task->nr_guards; i++) {
		context->value = guards[i].start;
		error = call(__NR_madvise, guards[i].start, guards[i].length, ADVICE_GUARD_INSTALL);
	}
	return error;
}

/* From here on whatever is mapped is locked. */
long step_lock_future(struct context *context)
{
	return context->task->lock_future ? call(__NR_mlockall, context->task->lock_future) : 0;
}
