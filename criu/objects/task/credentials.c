// SPDX-License-Identifier: GPL-2.0-only
/* Credentials of threads: user and group ids, groups, capability sets, secure bits, no_new_privs. */
#include "criu/objects/task/credentials.h"

#include <errno.h>
#include <string.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/capabilities.h"
#include "criu/kernel/proc/status.h"
#include "criu/objects/kinds.h"
#include "criu/model/arguments.h"

#define CAPABILITY_WORDS 2

static uint32_t *dump_set(struct dump *dump, uint64_t set, size_t *ret_nr)
{
	uint32_t *words = arena_array(&dump->arena, uint32_t, CAPABILITY_WORDS);

	words[0] = set;
	words[1] = set >> 32;
	*ret_nr = CAPABILITY_WORDS;
	return words;
}

static void dump_ids(CredsEntry *entry, const struct proc_status *status)
{
	entry->uid = status->uid[PROC_ID_REAL];
	entry->euid = status->uid[PROC_ID_EFFECTIVE];
	entry->suid = status->uid[PROC_ID_SAVED];
	entry->fsuid = status->uid[PROC_ID_FS];
	entry->gid = status->gid[PROC_ID_REAL];
	entry->egid = status->gid[PROC_ID_EFFECTIVE];
	entry->sgid = status->gid[PROC_ID_SAVED];
	entry->fsgid = status->gid[PROC_ID_FS];
}

static int credentials_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	const struct proc_status *status = thread->status;
	CredsEntry *entry = arena_new(&dump->arena, CredsEntry);

	creds_entry__init(entry);
	dump_ids(entry, status);
	entry->cap_inh = dump_set(dump, status->cap_inheritable, &entry->n_cap_inh);
	entry->cap_prm = dump_set(dump, status->cap_permitted, &entry->n_cap_prm);
	entry->cap_eff = dump_set(dump, status->cap_effective, &entry->n_cap_eff);
	entry->cap_bnd = dump_set(dump, status->cap_bounding, &entry->n_cap_bnd);
	entry->cap_amb = dump_set(dump, status->cap_ambient, &entry->n_cap_amb);
	entry->secbits = thread->parasite->securebits;
	entry->groups = status->groups;
	entry->n_groups = status->group_count;
	if (status->no_new_privs) {
		entry->has_no_new_privs = 1;
		entry->no_new_privs = 1;
	}
	thread->core->thread_core->creds = entry;
	return 0;
}

static int credentials_load(struct restore *restore, struct task *task)
{
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		const CredsEntry *entry = task->threads[i].core->thread_core->creds;

		if (!entry)
			restore_refuse(restore, task, "thread %d: image has no credentials", task->threads[i].tid);
		else if (entry->n_cap_inh > CAPABILITY_WORDS || entry->n_cap_prm > CAPABILITY_WORDS ||
			 entry->n_cap_eff > CAPABILITY_WORDS || entry->n_cap_bnd > CAPABILITY_WORDS ||
			 entry->n_cap_amb > CAPABILITY_WORDS || entry->n_groups > PROC_GROUPS_MAX)
			restore_refuse(restore, task, "thread %d: credentials have too many words or groups",
				       task->threads[i].tid);
	}
	return credentials_check(restore, task);
}

static void plan_set(uint32_t ret[CAPABILITY_WORDS], const uint32_t *words, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		ret[i] = words[i];
}

static int credentials_plan_thread(struct restore *restore, struct task *task, struct thread *thread,
				   struct restorer_thread *ret)
{
	const CredsEntry *entry = thread->core->thread_core->creds;
	struct restorer_credentials *plan = &ret->credentials;
	uint32_t *groups;

	plan->uid = entry->uid;
	plan->gid = entry->gid;
	plan->euid = entry->euid;
	plan->egid = entry->egid;
	plan->suid = entry->suid;
	plan->sgid = entry->sgid;
	plan->fsuid = entry->fsuid;
	plan->fsgid = entry->fsgid;
	plan_set(plan->inheritable, entry->cap_inh, entry->n_cap_inh);
	plan_set(plan->permitted, entry->cap_prm, entry->n_cap_prm);
	plan_set(plan->effective, entry->cap_eff, entry->n_cap_eff);
	plan_set(plan->bounding, entry->cap_bnd, entry->n_cap_bnd);
	plan_set(plan->ambient, entry->cap_amb, entry->n_cap_amb);
	plan->securebits = entry->secbits;
	plan->no_new_privs = entry->has_no_new_privs && entry->no_new_privs;
	plan->last_cap = capabilities_count() - 1;
	groups = arguments_alloc(restore, (entry->n_groups + 1) * sizeof(*groups), &plan->groups);
	if (!groups)
		return -ENOMEM;
	memcpy(groups, entry->groups, entry->n_groups * sizeof(*groups));
	plan->nr_groups = entry->n_groups;
	return 0;
}

const struct task_kind credentials_kind = {
	.name = "credentials",
	.dump_thread = credentials_dump_thread,
	.load = credentials_load,
	.plan_thread = credentials_plan_thread,
};
