// SPDX-License-Identifier: GPL-2.0-only
/* NUMA policy of threads (set_mempolicy(2)): from which nodes new pages come. Those of mappings are theirs. */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/objects/kinds.h"
#include "criu/util/log.h"

#define NODE_WORDS (RESTORER_NODES_MAX / 64)
/* linux/mempolicy.h */
#define MODE_DEFAULT 0

static int numa_policy_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	const struct parasite_thread *answer = thread->parasite;
	NumaPolicyEntry *entry;

	/* -ENOSYS: a kernel without NUMA. */
	if (answer->numa_mode < 0 && answer->numa_mode != -ENOSYS)
		return log_errno(answer->numa_mode, "thread %d: NUMA policy cannot be read", thread->tid);
	if (answer->numa_mode <= MODE_DEFAULT)
		return 0;
	entry = arena_new(&dump->arena, NumaPolicyEntry);
	numa_policy_entry__init(entry);
	entry->mode = answer->numa_mode;
	entry->n_nodes = NODE_WORDS;
	while (entry->n_nodes && !answer->numa_nodes[entry->n_nodes - 1])
		entry->n_nodes--;
	entry->nodes = arena_copy(&dump->arena, answer->numa_nodes, entry->n_nodes * sizeof(uint64_t));
	thread->core->thread_core->numa_policy = entry;
	return 0;
}

/* By trying it on ourselves: which nodes there are and which modes is the kernel's to say. */
static int try_policy(const NumaPolicyEntry *entry)
{
	uint64_t own_nodes[NODE_WORDS] = {}, nodes[NODE_WORDS] = {};
	int own_mode = MODE_DEFAULT;
	long error;

	memcpy(nodes, entry->nodes, entry->n_nodes * sizeof(*nodes));
	if (syscall(SYS_get_mempolicy, &own_mode, own_nodes, RESTORER_NODES_MAX, 0, 0) < 0)
		return -errno;
	error = syscall(SYS_set_mempolicy, entry->mode, nodes, RESTORER_NODES_MAX) < 0 ? -errno : 0;
	syscall(SYS_set_mempolicy, own_mode, own_nodes, RESTORER_NODES_MAX);
	return error;
}

static int numa_policy_load(struct restore *restore, struct task *task)
{
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		const NumaPolicyEntry *entry = task->threads[i].core->thread_core->numa_policy;
		int error;

		if (!entry)
			continue;
		error = entry->n_nodes > NODE_WORDS || entry->mode > INT32_MAX ? -ERANGE : try_policy(entry);
		if (error < 0)
			restore_refuse(restore, task,
				       "thread %d: NUMA policy %#x for nodes %#lx cannot be set here: %s",
				       task->threads[i].tid, entry->mode,
				       entry->n_nodes ? (unsigned long)entry->nodes[0] : 0UL, strerror(-error));
	}
	return 0;
}

/* Without one the thread has that of criu, which is not its own: the default is set, too. */
static int numa_policy_plan_thread(struct restore *restore, struct task *task, struct thread *thread,
				   struct restorer_thread *ret)
{
	const NumaPolicyEntry *entry = thread->core->thread_core->numa_policy;
	int now;

	ret->numa_mode = MODE_DEFAULT;
	if (entry) {
		ret->numa_mode = entry->mode;
		memcpy(ret->numa_nodes, entry->nodes, entry->n_nodes * sizeof(uint64_t));
	} else if (syscall(SYS_get_mempolicy, &now, NULL, 0, 0, 0) < 0 || now == MODE_DEFAULT) {
		ret->numa_mode = -1;
	}
	return 0;
}

const struct task_kind numa_policy_kind = {
	.name = "numa-policy",
	.dump_thread = numa_policy_dump_thread,
	.load = numa_policy_load,
	.plan_thread = numa_policy_plan_thread,
};
