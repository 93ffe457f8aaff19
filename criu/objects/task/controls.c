// SPDX-License-Identifier: GPL-2.0-only
/* Attributes of tasks and threads that prctl(2) and arch_prctl(2) keep as one number: the rows of controls.def. The
 * parasite reads them, the restorer sets what differs, and whether this machine lets them be set is tried before
 * anything is made. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t control_system_call(long number, long a, long b, long c, long d, long e)
{
	long result = syscall(number, a, b, c, d, e);

	return result < 0 ? -errno : result;
}
#define CONTROL_CALL(number, a, b, c, d, e) \
	control_system_call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

#include "criu/blobs/control-calls.h"
#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/proc/stat.h"
#include "criu/kernel/proc/status.h"
#include "criu/objects/kinds.h"
#include "criu/util/log.h"

#define CONTROL_NAME(identifier, name, ...) name,
#define TASK_CONTROL CONTROL_NAME
static const char *const task_names[] = {
#include "criu/blobs/controls.def"
};
#define THREAD_CONTROL CONTROL_NAME
static const char *const thread_names[] = {
#include "criu/blobs/controls.def"
};

/* The rows of tasks or those of threads. */
struct table {
	const struct control *rows;
	const char *const *names;
	int nr;
};
static const struct table tasks_table = { task_controls, task_names, TASK_CONTROLS };
static const struct table threads_table = { thread_controls, thread_names, THREAD_CONTROLS };

/* PF_MEMALLOC_NOIO and PF_LOCAL_THROTTLE of /proc/PID/stat: what PR_GET_IO_FLUSHER looks at. */
#define FLUSHER_FLAGS 0x180000

static size_t dump_values(struct dump *dump, const struct table *table, const int64_t *values, ControlEntry ***ret)
{
	size_t nr = 0;

	*ret = arena_array(&dump->arena, ControlEntry *, table->nr);
	for (int i = 0; i < table->nr; i++) {
		ControlEntry *entry;

		if (values[i] < 0 || values[i] == table->rows[i].usual)
			continue;
		entry = arena_new(&dump->arena, ControlEntry);
		control_entry__init(entry);
		entry->name = (char *)table->names[i];
		entry->value = values[i];
		(*ret)[nr++] = entry;
	}
	return nr;
}

static int controls_survey(struct dump *dump, const struct task *task)
{
	/* ARCH_ENABLE_TAGGED_ADDR: bits of addresses that the processor does not look at. */
	if (task->state != TASK_DEAD && task->status->untag_mask != UINT64_MAX)
		dump_refuse(dump, task, "linear address masking (mask %#lx) cannot be kept by this build",
			    (unsigned long)task->status->untag_mask);
	return 0;
}

static int controls_dump_task(struct dump *dump, struct task *task)
{
	TaskCoreEntry *core = task_core(task)->tc;

	if (task->state == TASK_DEAD)
		return 0;
	/* Upstream's field knows only yes and no. */
	task->mm->has_thp_disabled = task->parasite->controls[CONTROL_thp_disable] > 0;
	task->mm->thp_disabled = task->mm->has_thp_disabled;
	core->n_controls = dump_values(dump, &tasks_table, task->parasite->controls, &core->controls);
	return 0;
}

static int controls_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	ThreadCoreEntry *core = thread->core->thread_core;
	int64_t values[THREAD_CONTROLS];

	memcpy(values, thread->parasite->controls, sizeof(values));
	/* The kernel tells it only to the privileged, but to everybody who looks at the flags of the thread. */
	if (values[CONTROL_io_flusher] == -EPERM)
		values[CONTROL_io_flusher] = (thread->stat->flags & FLUSHER_FLAGS) == FLUSHER_FLAGS;
	core->n_controls = dump_values(dump, &threads_table, values, &core->controls);
	return 0;
}

/* --- restore --- */

static int find_row(const struct table *table, const char *name)
{
	for (int i = 0; i < table->nr; i++)
		if (!strcmp(table->names[i], name))
			return i;
	return -ENOENT;
}

static void wanted_values(const struct table *table, ControlEntry *const *entries, size_t nr, int64_t *ret)
{
	for (int i = 0; i < table->nr; i++)
		ret[i] = table->rows[i].usual == CONTROL_HINT ? CONTROL_LEAVE : table->rows[i].usual;
	for (size_t i = 0; i < nr; i++)
		ret[find_row(table, entries[i]->name)] = entries[i]->value;
}

static void task_values(const struct task *task, int64_t *ret)
{
	const TaskCoreEntry *core = task_core(task)->tc;

	wanted_values(&tasks_table, core->controls, core->n_controls, ret);
	if (task->mm->has_thp_disabled && task->mm->thp_disabled && !ret[CONTROL_thp_disable])
		ret[CONTROL_thp_disable] = 1;
}

/* In a child, because some cannot be taken back. */
static int try_value(const struct control *control, int64_t wanted)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(-control_apply(control, wanted));
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

/* Once for each value: threads of a task have mostly the same. */
static int can_be_set(struct restore *restore, const struct control *control, int64_t wanted)
{
	struct trial {
		int64_t wanted;
		int result;
	} * trial;
	bool is_new;

	if (control->usual == CONTROL_HINT || control_agrees(control, control_read(control), wanted))
		return 0;
	trial = kind_state_get(&restore->kind_state, &restore->arena, control, wanted, sizeof(*trial), &is_new);
	if (is_new)
		trial->result = try_value(control, wanted);
	return trial->result;
}

static void check_values(struct restore *restore, const struct task *task, const struct thread *thread,
			 const struct table *table, const int64_t *wanted)
{
	for (int i = 0; i < table->nr; i++) {
		int error = can_be_set(restore, &table->rows[i], wanted[i]);

		if (error < 0)
			restore_refuse(restore, task, "thread %d: attribute '%s' cannot be set to %#lx here: %s",
				       thread->tid, table->names[i], (unsigned long)wanted[i], strerror(-error));
	}
}

static bool check_names(struct restore *restore, const struct task *task, const struct table *table,
			ControlEntry *const *entries, size_t nr)
{
	bool good = true;

	for (size_t i = 0; i < nr; i++)
		if (find_row(table, entries[i]->name) < 0 || entries[i]->value > INT64_MAX) {
			restore_refuse(restore, task, "attribute '%s' with value %#lx is not known to this build",
				       entries[i]->name, (unsigned long)entries[i]->value);
			good = false;
		}
	return good;
}

static int controls_load(struct restore *restore, struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;
	int64_t task_wanted[TASK_CONTROLS], wanted[THREAD_CONTROLS];

	if (check_names(restore, task, &tasks_table, core->controls, core->n_controls)) {
		task_values(task, task_wanted);
		check_values(restore, task, &task->threads[0], &tasks_table, task_wanted);
	}
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		const ThreadCoreEntry *thread = task->threads[i].core->thread_core;

		if (!check_names(restore, task, &threads_table, thread->controls, thread->n_controls))
			continue;
		wanted_values(&threads_table, thread->controls, thread->n_controls, wanted);
		check_values(restore, task, &task->threads[i], &threads_table, wanted);
	}
	return 0;
}

static int controls_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	task_values(task, ret->controls);
	return 0;
}

static int controls_plan_thread(struct restore *restore, struct task *task, struct thread *thread,
				struct restorer_thread *ret)
{
	const ThreadCoreEntry *core = thread->core->thread_core;

	wanted_values(&threads_table, core->controls, core->n_controls, ret->controls);
	return 0;
}

const struct task_kind controls_kind = {
	.name = "controls",
	.survey = controls_survey,
	.dump_task = controls_dump_task,
	.dump_thread = controls_dump_thread,
	.load = controls_load,
	.plan_task = controls_plan_task,
	.plan_thread = controls_plan_thread,
};
