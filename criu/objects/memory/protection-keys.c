// SPDX-License-Identifier: GPL-2.0-only
/* Protection keys, pkeys(7): which ones a task has allocated, and which mappings use them. The rights of each thread
 * are in its registers (PKRU). Memory that can be executed only has a key of the kernel's own, which nobody has
 * allocated. */
#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/model/arguments.h"
#include "criu/objects/memory/memory.h"
#include "criu/util/log.h"

#define KEYS 16

static int protection_keys_dump_task(struct dump *dump, struct task *task)
{
	if (task->state == TASK_DEAD || !task->parasite->protection_keys)
		return 0;
	task->mm->has_protection_keys = true;
	task->mm->protection_keys = task->parasite->protection_keys;
	return 0;
}

/* --- restore --- */

static uint32_t hidden_key(const struct task *task)
{
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		const VmaEntry *record = task->mappings[i].record;

		if (record->protection_key && record->prot == PROT_EXEC &&
		    !(task->mm->protection_keys & (1U << record->protection_key)))
			return record->protection_key;
	}
	return 0;
}

static bool is_user(const VmaEntry *record, uint32_t hidden)
{
	return record->protection_key && (record->protection_key != hidden || record->prot != PROT_EXEC);
}

static size_t count_users(const struct task *task)
{
	uint32_t hidden = hidden_key(task);
	size_t nr = 0;

	for (unsigned int i = 0; i < task->nr_mappings; i++)
		nr += is_user(task->mappings[i].record, hidden);
	return nr;
}

static bool machine_has_keys(void)
{
	int key = pkey_alloc(0, 0);

	if (key >= 0)
		pkey_free(key);
	return key >= 0;
}

static int protection_keys_load(struct restore *restore, struct task *task)
{
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		const VmaEntry *record = task->mappings[i].record;

		if (record->protection_key >= KEYS)
			return log_fail(-EBADMSG, "image 'mm-%d.img': mapping %" PRIx64 " has protection key %u",
					task->pid, record->start, record->protection_key);
	}
	if (task->mm->protection_keys >> KEYS || (task->mm->protection_keys & 1))
		return log_fail(-EBADMSG, "image 'mm-%d.img': protection keys %x cannot be", task->pid,
				task->mm->protection_keys);
	if ((task->mm->protection_keys || count_users(task)) && !machine_has_keys())
		restore_refuse(restore, task,
			       "uses protection keys (pkey_alloc), which this processor or kernel does not have");
	return 0;
}

static size_t protection_keys_room(struct restore *restore, const struct task *task)
{
	return count_users(task) * sizeof(struct restorer_memory_key) + 64;
}

static int protection_keys_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	uint32_t hidden = hidden_key(task);
	struct restorer_memory_key *users = arguments_alloc(restore, count_users(task) * sizeof(*users),
							    &ret->key_users);

	if (!users)
		return -ENOMEM;
	ret->keys = task->mm->protection_keys;
	ret->hidden_key = hidden && machine_has_keys() ? hidden : 0;
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		const VmaEntry *record = task->mappings[i].record;

		if (is_user(record, hidden))
			users[ret->nr_key_users++] = (struct restorer_memory_key){
				.start = record->start,
				.length = record->end - record->start,
				.prot = record->prot,
				.key = record->protection_key,
			};
	}
	return 0;
}

const struct task_kind protection_keys_kind = {
	.name = "protection-keys",
	.dump_task = protection_keys_dump_task,
	.load = protection_keys_load,
	.room = protection_keys_room,
	.plan_task = protection_keys_plan_task,
};
