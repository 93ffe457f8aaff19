// SPDX-License-Identifier: GPL-2.0-only
/* Which address spaces, descriptor tables, directories and signal handlers tasks share: kcmp(2) as the order of a
 * tree, so that n tasks cost n * log n calls, and a single one none. */
#include <errno.h>
#include <linux/kcmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/collect/tree.h"
#include "criu/kernel/proc/open.h"
#include "criu/model/dump.h"
#include "criu/model/sharing.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"
#include "criu/util/tree.h"

/* Ids of the dumper itself; tasks count on from them (format sheet, section 3). */
#define DUMPER_ID 1

static const struct {
	int type;
	size_t field;
	bool of_threads; /* threads may have their own */
	enum share_kind kind;
} shared_objects[] = {
	{ KCMP_VM, offsetof(TaskKobjIdsEntry, vm_id) },
	{ KCMP_FILES, offsetof(TaskKobjIdsEntry, files_id), true, SHARE_FILES },
	{ KCMP_FS, offsetof(TaskKobjIdsEntry, fs_id), true, SHARE_FS },
	{ KCMP_SIGHAND, offsetof(TaskKobjIdsEntry, sighand_id) },
};

/* One address space, table... as one of those sees it who have it. */
struct object {
	RB_ENTRY(object) link;
	pid_t tid;
	uint32_t id;
	struct comparison *comparison;
};

RB_HEAD(object_tree, object);

struct comparison {
	struct object_tree objects;
	int type;
	int error;
	uint32_t last_id;
	unsigned long nr_kcmp;
};

/* 0: the same; the kernel's order of objects is total, but costs a system call. */
static int compare_tids(struct comparison *comparison, pid_t left, pid_t right)
{
	long order = syscall(SYS_kcmp, left, right, comparison->type, 0UL, 0UL);

	comparison->nr_kcmp++;
	if (order < 0)
		comparison->error = -errno;
	return order == 1 ? -1 : order == 2 ? 1 : 0;
}

static int compare_objects(const struct object *left, const struct object *right)
{
	return left->comparison->error ? 0 : compare_tids(left->comparison, left->tid, right->tid);
}

RB_GENERATE_LOCAL(object_tree, object, link, compare_objects)

static uint32_t id_of(struct dump *dump, struct comparison *comparison, pid_t tid)
{
	struct object *object = arena_new(&dump->arena, struct object), *same;

	*object = (struct object){ .tid = tid, .comparison = comparison };
	same = RB_INSERT(object_tree, &comparison->objects, object);
	if (same)
		return same->id;
	object->id = ++comparison->last_id;
	return object->id;
}

static uint32_t *id_field(const struct task *task, size_t field)
{
	return (uint32_t *)((char *)task->ids + field);
}

/* Threads which have parted from the others: seldom one. */
static void number_threads(struct dump *dump, struct task *task, struct comparison *comparison, enum share_kind kind)
{
	const struct thread *speaker = task_live_thread(task);

	for (unsigned int i = 0; i < task->nr_threads; i++) {
		struct thread *thread = &task->threads[i];

		thread->ids[kind] = task_share_id(task, kind);
		if (thread == speaker || thread->dead || comparison->error ||
		    !compare_tids(comparison, speaker->tid, thread->tid))
			continue;
		thread->ids[kind] = id_of(dump, comparison, thread->tid);
		if (thread->proc_fd <= 0)
			thread->proc_fd = proc_open_task(thread->tid);
		if (thread->proc_fd < 0)
			comparison->error = thread->proc_fd;
	}
}

static int number_objects(struct dump *dump, size_t which)
{
	struct comparison comparison = { .type = shared_objects[which].type, .last_id = DUMPER_ID };
	struct task *task;

	RB_INIT(&comparison.objects);
	TAILQ_FOREACH(task, &dump->tasks, link)
		if (task->ids)
			*id_field(task, shared_objects[which].field) = id_of(dump, &comparison,
									     task_live_thread(task)->tid);
	TAILQ_FOREACH(task, &dump->tasks, link)
		if (task->ids && shared_objects[which].of_threads)
			number_threads(dump, task, &comparison, shared_objects[which].kind);
	log_debug("kcmp: %lu comparisons of type %d", comparison.nr_kcmp, comparison.type);
	return comparison.error;
}

void collect_fill_dumper_ids(const struct dump *dump, TaskKobjIdsEntry *ids)
{
	ids->vm_id = ids->files_id = ids->fs_id = ids->sighand_id = DUMPER_ID;
	collect_fill_dumper_namespaces(dump, ids);
}

int collect_ids(struct dump *dump)
{
	struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link) {
		if (task->state == TASK_DEAD)
			continue;
		task->ids = arena_new(&dump->arena, TaskKobjIdsEntry);
		task_kobj_ids_entry__init(task->ids);
	}
	for (size_t i = 0; i < ARRAY_SIZE(shared_objects); i++) {
		int error = number_objects(dump, i);

		if (error < 0)
			return log_errno(error, "kcmp: what tasks share cannot be found out");
	}
	return 0;
}
