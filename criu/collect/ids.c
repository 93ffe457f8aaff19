// SPDX-License-Identifier: GPL-2.0-only
/* Which address spaces, descriptor tables, directories and signal handlers tasks share: kcmp(2) as an order. */
#include <errno.h>
#include <linux/kcmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/collect/tree.h"
#include "criu/model/dump.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* Ids of the dumper itself; tasks count on from them (format sheet, section 3). */
#define DUMPER_ID 1

static const struct {
	int type;
	size_t field;
} shared_objects[] = {
	{ KCMP_VM, offsetof(TaskKobjIdsEntry, vm_id) },
	{ KCMP_FILES, offsetof(TaskKobjIdsEntry, files_id) },
	{ KCMP_FS, offsetof(TaskKobjIdsEntry, fs_id) },
	{ KCMP_SIGHAND, offsetof(TaskKobjIdsEntry, sighand_id) },
};

struct comparison {
	int type;
	int error;
};

static int compare_tasks(const void *a, const void *b, void *argument)
{
	const struct task *left = *(struct task *const *)a, *right = *(struct task *const *)b;
	struct comparison *comparison = argument;
	long order = syscall(SYS_kcmp, left->pid, right->pid, comparison->type, 0UL, 0UL);

	if (order < 0)
		comparison->error = -errno;
	return order == 1 ? -1 : order == 2 ? 1 : 0;
}

static uint32_t *id_field(const struct task *task, size_t field)
{
	return (uint32_t *)((char *)task->ids + field);
}

static int assign_ids(struct task **sorted, unsigned int nr, size_t field, struct comparison *comparison)
{
	qsort_r(sorted, nr, sizeof(*sorted), compare_tasks, comparison);
	/* Mark the tasks of a group with the same pid, the numbers come in the order of the tree. */
	for (unsigned int i = 0; i < nr; i++) {
		bool same = i > 0 && compare_tasks(&sorted[i - 1], &sorted[i], comparison) == 0;

		*id_field(sorted[i], field) = same ? *id_field(sorted[i - 1], field) : (uint32_t)sorted[i]->pid;
	}
	return comparison->error;
}

/* Pids as marks -> 2, 3, ... in the order in which tasks come. */
static void number_ids(struct task **tasks, unsigned int nr, size_t field, uint32_t *numbers)
{
	uint32_t last = DUMPER_ID;

	for (unsigned int i = 0; i < nr; i++) {
		uint32_t mark = *id_field(tasks[i], field), number = 0;

		for (unsigned int j = 0; j < i && !number; j++)
			if (numbers[j] == mark)
				number = *id_field(tasks[j], field);
		numbers[i] = mark;
		*id_field(tasks[i], field) = number ? number : ++last;
	}
}

static void set_namespace_ids(TaskKobjIdsEntry *ids)
{
	/* All namespaces are the dumper's: others are refused in survey. */
	static const size_t fields[] = {
		offsetof(TaskKobjIdsEntry, pid_ns_id),	offsetof(TaskKobjIdsEntry, net_ns_id),
		offsetof(TaskKobjIdsEntry, ipc_ns_id),	offsetof(TaskKobjIdsEntry, uts_ns_id),
		offsetof(TaskKobjIdsEntry, time_ns_id), offsetof(TaskKobjIdsEntry, mnt_ns_id),
		offsetof(TaskKobjIdsEntry, user_ns_id), offsetof(TaskKobjIdsEntry, cgroup_ns_id),
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		*(uint32_t *)((char *)ids + fields[i]) = i + 1;
	ids->has_pid_ns_id = ids->has_net_ns_id = ids->has_ipc_ns_id = ids->has_uts_ns_id = 1;
	ids->has_time_ns_id = ids->has_mnt_ns_id = ids->has_user_ns_id = ids->has_cgroup_ns_id = 1;
}

void collect_fill_dumper_ids(TaskKobjIdsEntry *ids)
{
	ids->vm_id = ids->files_id = ids->fs_id = ids->sighand_id = DUMPER_ID;
	set_namespace_ids(ids);
}

int collect_ids(struct dump *dump)
{
	struct task **tasks = arena_array(&dump->arena, struct task *, dump->nr_tasks);
	struct task **sorted = arena_array(&dump->arena, struct task *, dump->nr_tasks);
	uint32_t *numbers = arena_array(&dump->arena, uint32_t, dump->nr_tasks);
	unsigned int nr = 0;
	struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link) {
		if (task->state == TASK_DEAD)
			continue;
		task->ids = arena_new(&dump->arena, TaskKobjIdsEntry);
		task_kobj_ids_entry__init(task->ids);
		set_namespace_ids(task->ids);
		tasks[nr++] = task;
	}
	for (size_t i = 0; i < ARRAY_SIZE(shared_objects); i++) {
		struct comparison comparison = { .type = shared_objects[i].type };
		int error;

		for (unsigned int j = 0; j < nr; j++)
			sorted[j] = tasks[j];
		error = assign_ids(sorted, nr, shared_objects[i].field, &comparison);
		if (error < 0)
			return log_errno(error, "kcmp: what tasks share cannot be found out");
		number_ids(tasks, nr, shared_objects[i].field, numbers);
	}
	return 0;
}
