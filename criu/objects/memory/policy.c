// SPDX-License-Identifier: GPL-2.0-only
/* Memory policies of mappings, mbind(2). Where there are some, numa_maps tells which mappings may have one, and the task itself is asked
 * for those: the file shows neither the policy of the task apart nor the nodes as they were given. A home node
 * (set_mempolicy_home_node) cannot be read back. */
#include <compel/compel.h>
#include <errno.h>
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/proc/numa-maps.h"
#include "criu/model/arguments.h"
#include "criu/objects/memory/memory.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define NODE_WORDS (PARASITE_NODES / 64)

/* --- dump --- */

static int ask_policy(struct task *task, uint64_t room, struct parasite_policy *policy)
{
	uint64_t address = compel_data_address(task->compel) + room;
	long value = 0;
	int error = compel_write(task->compel, address, policy, sizeof(*policy));

	if (!error)
		error = compel_call(task_live_thread(task)->compel, PARASITE_POLICY, room, &value);
	if (!error && !value)
		error = compel_read(task->compel, address, policy, sizeof(*policy));
	return error < 0 ? error : (int)value;
}

static int ask_mapping(struct dump *dump, struct task *task, const struct mapping *mapping, uint64_t room)
{
	struct parasite_policy policy = { .address = mapping->record->start };
	VmaEntry *record = mapping->record;
	int error = ask_policy(task, room, &policy);

	if (error < 0)
		return log_errno(error, "task %d: memory policy at %lx cannot be read", task->pid,
				 (unsigned long)record->start);
	if (policy.mode == MPOL_DEFAULT)
		return 0;
	record->has_policy = true;
	record->policy = (uint32_t)policy.mode;
	record->n_policy_nodes = NODE_WORDS;
	while (record->n_policy_nodes && !policy.nodes[record->n_policy_nodes - 1])
		record->n_policy_nodes--;
	record->policy_nodes = arena_copy(&dump->arena, policy.nodes, sizeof(policy.nodes));
	return 0;
}

/* Few mappings are asked for in the visit that there is anyway: the kernel looks at all pages for numa_maps. */
static int memory_policy_prepare(struct dump *dump, struct task *task, struct parasite_task *parasite)
{
	for (unsigned int i = 0; i < task->nr_mappings && !parasite->has_policies; i++) {
		if (task->mappings[i].kind->kernels_own)
			continue;
		if (parasite->nr_mappings == PARASITE_MAPPINGS)
			parasite->has_policies = 1;
		else
			parasite->mappings[parasite->nr_mappings++] = task->mappings[i].record->start;
	}
	return 0;
}

static int memory_policy_ask(struct dump *dump, struct task *task, uint64_t room)
{
	_cleanup_proc_numa_maps_ struct proc_numa_maps maps = { 0 };
	int error = task->parasite->has_policies ? proc_read_numa_maps(task->proc_fd, &maps) : 0;
	size_t at = 0;

	_Static_assert(sizeof(struct parasite_policy) <= PARASITE_ROOM, "the question needs more room");
	if (error < 0)
		return error == -ENOENT ? 0 : log_errno(error, "task %d: cannot read its numa_maps", task->pid);
	for (unsigned int i = 0; error == 0 && i < task->nr_mappings && at < maps.count; i++) {
		const struct mapping *mapping = &task->mappings[i];

		while (at < maps.count && maps.starts[at] < mapping->record->start)
			at++;
		if (at < maps.count && maps.starts[at] == mapping->record->start && !mapping->kind->kernels_own)
			error = ask_mapping(dump, task, mapping, room);
	}
	return error;
}

/* --- restore --- */

static size_t count_policies(const struct task *task)
{
	size_t nr = 0;

	for (unsigned int i = 0; i < task->nr_mappings; i++)
		nr += task->mappings[i].record->has_policy;
	return nr;
}

static bool has_nodes_here(const VmaEntry *record)
{
	uint64_t allowed[NODE_WORDS] = { 0 };

	if (!record->n_policy_nodes)
		return true;
	if (syscall(SYS_get_mempolicy, NULL, allowed, PARASITE_NODES, NULL, MPOL_F_MEMS_ALLOWED) < 0)
		return false;
	for (size_t i = 0; i < record->n_policy_nodes; i++) {
		if (record->policy_nodes[i] & allowed[i])
			return true;
	}
	return (record->policy & MPOL_F_RELATIVE_NODES) != 0;
}

static int memory_policy_load(struct restore *restore, struct task *task)
{
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		const VmaEntry *record = task->mappings[i].record;

		if (!record->has_policy)
			continue;
		if (record->n_policy_nodes > NODE_WORDS)
			return log_fail(-EBADMSG, "image 'mm-%d.img': mapping %lx has a policy for too many nodes",
					task->pid, (unsigned long)record->start);
		if (!has_nodes_here(record))
			restore_refuse(restore, task,
				       "mapping %lx has a memory policy (mbind) for nodes which this machine does "
				       "not have, or which criu may not use",
				       (unsigned long)record->start);
	}
	return 0;
}

static size_t memory_policy_room(struct restore *restore, const struct task *task)
{
	return count_policies(task) * sizeof(struct restorer_memory_policy) + 64;
}

static int memory_policy_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	struct restorer_memory_policy *policies = arguments_alloc(
		restore, count_policies(task) * sizeof(*policies), &ret->policies);

	if (!policies)
		return -ENOMEM;
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		const VmaEntry *record = task->mappings[i].record;
		struct restorer_memory_policy *policy;

		if (!record->has_policy)
			continue;
		policy = &policies[ret->nr_policies++];
		policy->start = record->start;
		policy->length = record->end - record->start;
		policy->mode = record->policy;
		memcpy(policy->nodes, record->policy_nodes, record->n_policy_nodes * sizeof(uint64_t));
	}
	return 0;
}

const struct task_kind memory_policy_kind = {
	.name = "memory-policy",
	.prepare_parasite = memory_policy_prepare,
	.ask = memory_policy_ask,
	.load = memory_policy_load,
	.room = memory_policy_room,
	.plan_task = memory_policy_plan_task,
};
