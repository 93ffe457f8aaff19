// SPDX-License-Identifier: GPL-2.0-only
/* What a process has asked to be done to System V semaphores at its end (SEM_UNDO of semop(2)). Whether there is a list of
 * that is told by kcmp(2): it is compared with criu, which parts with its own. What is in it is found by trial, from within
 * the process (criu/blobs/parasite/adjustments.c). The restored process makes it anew: it takes and gives back what it
 * holds, once with SEM_UNDO and once without. */
#include <errno.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/objects/kinds.h"
#include "criu/objects/namespace/ipc.h"
#include "criu/objects/namespace/namespaces.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define VALUE_MAX 32767 /* SEMVMX, SEMAEM */

static const char list_key, parted_key;

/* --- dump --- */

/* The list of one process, and what was found in it. */
struct adjustments {
	const struct task *task;
	SemaphoreAdjustment **items;
	size_t nr, room;
};

static int compare_lists(pid_t left, pid_t right)
{
	return (int)syscall(SYS_kcmp, left, right, KCMP_SYSVSEM, 0UL, 0UL);
}

/* No list is the least of all. */
static bool has_list(struct dump *dump, pid_t tid)
{
	bool is_new;

	kind_state_get(&dump->kind_state, &dump->arena, &parted_key, 0, 1, &is_new);
	if (is_new)
		unshare(CLONE_SYSVSEM);
	return compare_lists(getpid(), tid) > 0;
}

static bool namespace_has_sets(const struct dump *dump, const struct task *task)
{
	struct ipc_object *place = NULL;
	struct semaphore_set set;

	return ipc_next_set(dump_namespace_of(dump, task, NAMESPACE_IPC), &place, &set);
}

/* clone(2) can share a list between processes, too: nobody does. */
static void refuse_shared(struct dump *dump, const struct task *task)
{
	const struct task *other;

	TAILQ_FOREACH(other, &dump->tasks, link) {
		if (other == task)
			return;
		if (kind_state_find(&dump->kind_state, &list_key, (uint64_t)other->pid) &&
		    !compare_lists(task_live_thread(task)->tid, task_live_thread(other)->tid))
			dump_refuse(dump, task,
				    "shares its list of semaphores with SEM_UNDO with task %d (CLONE_SYSVSEM), which cannot "
				    "be kept; let one of them end before the dump",
				    other->pid);
	}
}

static void refuse_thread(struct dump *dump, const struct task *task, const struct thread *thread)
{
	if (!thread->dead && compare_lists(task_live_thread(task)->tid, thread->tid) && has_list(dump, thread->tid))
		dump_refuse(dump, task,
			    "thread %d has a list of its own of semaphores with SEM_UNDO, which cannot be kept; let it end "
			    "before the dump",
			    thread->tid);
}

static int semaphores_survey(struct dump *dump, const struct task *task)
{
	struct adjustments *adjustments;

	if (task->state == TASK_DEAD || !namespace_has_sets(dump, task))
		return 0;
	for (unsigned int i = 0; i < task->nr_threads; i++)
		refuse_thread(dump, task, &task->threads[i]);
	if (!has_list(dump, task_live_thread(task)->tid))
		return 0;
	refuse_shared(dump, task);
	adjustments = kind_state_get(&dump->kind_state, &dump->arena, &list_key, (uint64_t)task->pid,
				     sizeof(*adjustments), NULL);
	adjustments->task = task;
	return 0;
}

static void note(struct dump *dump, struct adjustments *adjustments, const struct parasite_adjustments *answer)
{
	for (uint32_t i = 0; i < answer->nr; i++) {
		SemaphoreAdjustment *item;

		if (!answer->values[i])
			continue;
		if (adjustments->nr == adjustments->room) {
			size_t room = adjustments->room ? 2 * adjustments->room : 16;
			SemaphoreAdjustment **items = arena_array(&dump->arena, SemaphoreAdjustment *, room);

			if (adjustments->nr)
				memcpy(items, adjustments->items, adjustments->nr * sizeof(*items));
			adjustments->items = items;
			adjustments->room = room;
		}
		item = arena_new(&dump->arena, SemaphoreAdjustment);
		semaphore_adjustment__init(item);
		item->set = (uint32_t)answer->set;
		item->number = answer->first + i;
		item->value = answer->values[i];
		adjustments->items[adjustments->nr++] = item;
	}
}

static int ask_batch(struct task *task, uint64_t room, struct parasite_adjustments *batch, long *ret_value)
{
	uint64_t address = compel_data_address(task->compel) + room;
	int error = compel_write(task->compel, address, batch, sizeof(*batch));

	_Static_assert(sizeof(*batch) <= PARASITE_ROOM, "the question needs more room");
	if (!error)
		error = compel_call(task_live_thread(task)->compel, PARASITE_ADJUSTMENTS, room, ret_value);
	if (!error && !*ret_value)
		error = compel_read(task->compel, address, batch, sizeof(*batch));
	return error < 0 ? log_fail(error, "task %d: semaphores: %s", task->pid, compel_last_error()) : 0;
}

/* A set that the task may not change it has not changed, unless it could once: then it was the last to do so. */
static bool is_foreign(const struct task *task, const struct semaphore_set *set, long error)
{
	if (error == -EINVAL || error == -EIDRM) /* removed meanwhile */
		return true;
	if (error != -EACCES)
		return false;
	for (uint32_t i = 0; set->users && i < set->nr; i++)
		if (set->users[i] == (uint32_t)task->pid)
			return false;
	return true;
}

static int ask_set(struct dump *dump, struct task *task, uint64_t room, const struct semaphore_set *set)
{
	struct adjustments *adjustments = kind_state_find(&dump->kind_state, &list_key, (uint64_t)task->pid);
	size_t before = adjustments->nr;

	for (uint32_t first = 0; first < set->nr; first += PARASITE_ADJUSTMENTS_BATCH) {
		struct parasite_adjustments batch = {
			.set = set->id,
			.first = first,
			.nr = MIN(set->nr - first, PARASITE_ADJUSTMENTS_BATCH),
		};
		long value = 0;
		int error = ask_batch(task, room, &batch, &value);

		if (error < 0)
			return error;
		if (is_foreign(task, set, value))
			return 0;
		if (value)
			return log_errno(value,
					 "task %d: what SEM_UNDO is to do to semaphore set %d cannot be found out",
					 task->pid, set->id);
		note(dump, adjustments, &batch);
	}
	if (adjustments->nr > before)
		ipc_keep_set(set);
	return 0;
}

static int semaphores_ask(struct dump *dump, struct task *task, uint64_t room)
{
	struct ipc_object *place = NULL;
	struct semaphore_set set;
	int error = 0;

	if (!kind_state_find(&dump->kind_state, &list_key, (uint64_t)task->pid))
		return 0;
	while (!error && ipc_next_set(dump_namespace_of(dump, task, NAMESPACE_IPC), &place, &set))
		error = ask_set(dump, task, room, &set);
	return error;
}

static int semaphores_dump(struct dump *dump, struct task *task)
{
	const struct adjustments *adjustments = kind_state_find(&dump->kind_state, &list_key, (uint64_t)task->pid);

	if (!adjustments)
		return 0;
	task_core(task)->tc->semaphore_adjustments = adjustments->items;
	task_core(task)->tc->n_semaphore_adjustments = adjustments->nr;
	return 0;
}

/* --- restore --- */

static bool find_set(const struct restore *restore, const struct task *task, uint32_t id,
		     struct semaphore_set *ret_set)
{
	struct ipc_object *place = NULL;

	while (ipc_next_set(restore_namespace_of(restore, task, NAMESPACE_IPC), &place, ret_set))
		if ((uint32_t)ret_set->id == id)
			return true;
	return false;
}

static int semaphores_load(struct restore *restore, struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;

	for (size_t i = 0; i < core->n_semaphore_adjustments; i++) {
		const SemaphoreAdjustment *item = core->semaphore_adjustments[i];
		struct semaphore_set set;

		if (!find_set(restore, task, item->set, &set) || item->number >= set.nr ||
		    item->value > VALUE_MAX || item->value < -VALUE_MAX - 1)
			return log_fail(-EBADMSG,
					"image 'core-%d.img': SEM_UNDO of %d for semaphore %u of set %u cannot be",
					task->pid, item->value, item->number, item->set);
	}
	return 0;
}

struct change {
	struct sembuf operations[4];
	size_t nr;
};

static void add(struct change *change, uint32_t number, int value, int flags)
{
	if (value)
		change->operations[change->nr++] = (struct sembuf){
			.sem_num = (unsigned short)number,
			.sem_op = (short)value,
			.sem_flg = (short)(flags | IPC_NOWAIT),
		};
}

/* From full or from empty, whatever the value is: in one call, so that nobody sees it. @part of an adjustment is what one
 * operation can make. */
static int adjust_part(int set, uint32_t number, int part)
{
	int value = semctl(set, (int)number, GETVAL), edge = part > 0 ? VALUE_MAX : 0;
	struct change change = {};

	if (value < 0)
		return -errno;
	add(&change, number, edge - value, 0);
	add(&change, number, -part, SEM_UNDO);
	add(&change, number, value - (edge - part), 0);
	return semop(set, change.operations, change.nr) < 0 ? -errno : 0;
}

static int adjust(const SemaphoreAdjustment *item)
{
	int part = item->value < -VALUE_MAX ? -VALUE_MAX : item->value;
	int error = adjust_part((int)item->set, item->number, part);

	if (!error && part != item->value)
		error = adjust_part((int)item->set, item->number, item->value - part);
	return error;
}

/* Makes the task the last that has changed it. */
static int touch(int set, uint32_t number)
{
	int value = semctl(set, (int)number, GETVAL), step = value == VALUE_MAX ? -1 : 1;
	struct change change = {};

	if (value < 0)
		return -errno;
	add(&change, number, step, 0);
	add(&change, number, -step, 0);
	return semop(set, change.operations, change.nr) < 0 ? -errno : 0;
}

/* The same, where that must not count as the first use: by SETVAL. */
static int give(int set, uint32_t number)
{
	int value = semctl(set, (int)number, GETVAL);

	return value < 0 || semctl(set, (int)number, SETVAL, value) < 0 ? -errno : 0;
}

static int touch_set(const struct task *task, const struct semaphore_set *set)
{
	int error = 0;

	for (uint32_t i = 0; !error && set->users && i < set->nr; i++)
		if (set->users[i] == (uint32_t)task->pid)
			error = set->fresh ? give(set->id, i) : touch(set->id, i);
	return error;
}

static int semaphores_in_task(struct restore *restore, struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;
	struct ipc_object *place = NULL;
	struct semaphore_set set = {};
	int error = 0;

	for (size_t i = 0; !error && i < core->n_semaphore_adjustments; i++) {
		set.id = (int)core->semaphore_adjustments[i]->set;
		error = adjust(core->semaphore_adjustments[i]);
	}
	while (!error && ipc_next_set(restore_namespace_of(restore, task, NAMESPACE_IPC), &place, &set))
		error = touch_set(task, &set);
	return error < 0
		       ? log_errno(error, "task %d: semaphore set %d cannot be used as it was", task->pid, set.id)
		       : 0;
}

const struct task_kind semaphores_kind = {
	.name = "semaphores",
	.survey = semaphores_survey,
	.ask = semaphores_ask,
	.dump_task = semaphores_dump,
	.load = semaphores_load,
	.in_task = semaphores_in_task,
};
