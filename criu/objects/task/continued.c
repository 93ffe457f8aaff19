// SPDX-License-Identifier: GPL-2.0-only
/* Children that were stopped and go on, while their parent has not been told of it yet (WCONTINUED, waitid(2)). The
 * kernel tells only the parent. At the restore they are stopped and continued, before there is anything that could
 * notice. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/clock.h"
#include "criu/util/log.h"

#define LOOK_USEC 200
#define LIMIT_USEC 10000000

static const char key;

/* --- dump --- */

static int ask_for(struct dump *dump, struct task *parent, struct task *child, uint64_t room)
{
	uint64_t address = compel_data_address(parent->compel) + room;
	struct parasite_continued question = { .pid = child->pid };
	long value = 0;
	int error = compel_write(parent->compel, address, &question, sizeof(question));

	_Static_assert(sizeof(question) <= PARASITE_ROOM, "the question needs more room");
	if (!error)
		error = compel_call(task_live_thread(parent)->compel, PARASITE_CONTINUED, room, &value);
	if (error < 0)
		return log_fail(error, "task %d: waitid of %d: %s", parent->pid, child->pid, compel_last_error());
	if (value < 0)
		return log_errno((int)value, "task %d: waitid of %d", parent->pid, child->pid);
	if (value)
		kind_state_get(&dump->kind_state, &dump->arena, &key, child->pid, 1, NULL);
	return 0;
}

static int continued_ask(struct dump *dump, struct task *task, uint64_t room)
{
	struct task *child;
	int error = 0;

	if (!task->parasite->continued)
		return 0;
	TAILQ_FOREACH(child, &task->children, sibling)
		if (!error && child->state == TASK_ALIVE)
			error = ask_for(dump, task, child, room);
	return error;
}

static int continued_dump_task(struct dump *dump, struct task *task)
{
	TaskCoreEntry *core = task_core(task)->tc;

	core->continued = kind_state_find(dump->kind_state, &key, task->pid) != NULL;
	core->has_continued = core->continued;
	return 0;
}

/* --- restore --- */

static int wait_for_state(const struct task *task, char wanted)
{
	_cleanup_close_ int directory = proc_open_task(task->pid);
	uint64_t deadline = clock_usec() + LIMIT_USEC;
	struct proc_stat stat;
	int error = directory < 0 ? directory : proc_read_stat(directory, &stat);

	while (!error && stat.state != wanted && stat.state != 'Z' && clock_usec() < deadline) {
		usleep(LOOK_USEC);
		error = proc_read_stat(directory, &stat);
	}
	if (error < 0 || stat.state == wanted)
		return error;
	return stat.state == 'Z' ? -ESRCH : -ETIMEDOUT;
}

/* It waits for others, as all do: it does so again when it has told its parent. */
static int continued_in_tree(struct restore *restore, struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;
	int error;

	if (!core->continued || task->state != TASK_ALIVE || !task->parent)
		return 0;
	error = kill(task->pid, SIGSTOP) < 0 ? -errno : wait_for_state(task, 'T');
	if (!error)
		error = kill(task->pid, SIGCONT) < 0 ? -errno : wait_for_state(task, 'S');
	return error < 0 ? log_errno(error, "task %d: cannot be stopped and continued", task->pid) : 0;
}

const struct task_kind continued_kind = {
	.name = "continued",
	.ask = continued_ask,
	.dump_task = continued_dump_task,
	.in_tree = continued_in_tree,
};
