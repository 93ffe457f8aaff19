// SPDX-License-Identifier: GPL-2.0-only
/* Turns of tasks that share one address space, and with it the C library and the thread-local storage of criu. Waiting
 * is done by system calls alone: errno belongs to whoever has the turn. */
#include "criu/restore/guest.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "criu/arch/arch.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/model/restore.h"
#include "criu/restore/internal.h"
#include "criu/restore/stages.h"
#include "criu/util/log.h"

#define GUEST_STACK (1UL << 20)

struct guest {
	uint32_t given, ended; /* turns: futexes */
	struct restore *restore;
	struct task *task;
};

static void name_in_log(const struct task *task)
{
	char prefix[LOG_PREFIX_SIZE];

	snprintf(prefix, sizeof(prefix), "%d: ", task->pid);
	log_set_prefix(prefix);
}

static void guest_main(void *argument)
{
	const struct guest *guest = argument;

	restore_task_main(guest->restore, guest->task);
}

static bool shares_actions(const struct task *task)
{
	return task->ids->sighand_id == task->creator->ids->sighand_id;
}

int guest_spawn(struct restore *restore, struct task *task, uint64_t flags)
{
	char *stack = mmap(NULL, GUEST_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK,
			   -1, 0);
	struct guest *guest = calloc(1, sizeof(*guest));
	struct clone_args args = {
		.flags = flags | CLONE_VM | (shares_actions(task) ? CLONE_SIGHAND : 0) |
			 (task->creator == task->parent ? 0 : CLONE_PARENT),
		.set_tid = (uintptr_t)&task->pid,
		.set_tid_size = 1,
	};
	long pid;
	int error;

	if (stack == MAP_FAILED || !guest)
		return log_errno(ENOMEM, "task %d: no memory", task->pid);
	args.exit_signal = args.flags & CLONE_PARENT ? 0 : restore_exit_signal(task);
	*guest = (struct guest){ .given = 1, .restore = restore, .task = task };
	task->guest = guest;
	pid = arch_spawn(&args, (uintptr_t)(stack + GUEST_STACK), guest_main, guest);
	if (pid < 0)
		return log_errno((int)pid, "task %d: process cannot be created%s", task->pid,
				 pid == -EEXIST ? ", the pid is in use" : "");
	restore->shared->tasks[task->index].pid = (pid_t)pid;
	error = stage_wait_word(restore, &guest->ended, 1);
	name_in_log(task->creator);
	return error;
}

int guest_end_turn(struct restore *restore, struct task *task)
{
	struct guest *guest = task->guest;
	uint32_t ended = __atomic_add_fetch(&guest->ended, 1, __ATOMIC_SEQ_CST);
	int error;

	stage_wake(&guest->ended);
	error = stage_wait_word(restore, &guest->given, ended + 1);
	if (!error)
		name_in_log(task);
	return error;
}

static uint32_t give_turn(struct guest *guest)
{
	uint32_t given = __atomic_add_fetch(&guest->given, 1, __ATOMIC_SEQ_CST);

	stage_wake(&guest->given);
	return given;
}

int guest_give_turns(struct restore *restore, struct task *host)
{
	struct task *task;
	int error = 0;

	if (!host->nr_guests)
		return 0;
	TAILQ_FOREACH(task, &restore->tasks, link) {
		if (error || task->vm_owner != host)
			continue;
		error = stage_wait_word(restore, &task->guest->ended, give_turn(task->guest));
	}
	name_in_log(host);
	return error;
}

int guest_see_in(struct restore *restore, struct task *host)
{
	uint32_t entered = 0;
	struct task *task;
	int error = 0;

	if (!host->nr_guests)
		return 0;
	TAILQ_FOREACH(task, &restore->tasks, link) {
		if (error || task->vm_owner != host)
			continue;
		give_turn(task->guest);
		error = stage_wait_word(restore, &host->house->entered, ++entered);
	}
	name_in_log(host);
	return error;
}
