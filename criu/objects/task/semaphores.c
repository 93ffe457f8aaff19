// SPDX-License-Identifier: GPL-2.0-only
/* What a thread has asked to be done to System V semaphores at its end (SEM_UNDO of semop(2)). No interface tells the
 * numbers, and the end of a dumped task would carry them out. Whether there is a list of them is told by kcmp(2): it is
 * compared with criu, which parts with its own. The kernel keeps a list until the end of its thread, also an empty one, and gives
 * one to all threads of a process (CLONE_SYSVSEM): of such a process the list counts only if a semaphore says that the
 * process was the last to use it. */
#include <errno.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/objects/kinds.h"

static const char sets_key, users_key;

/* Last index of the sets of the namespace, in which criu and all tasks are; -1: there is none. */
static int last_set(struct dump *dump)
{
	bool is_new;
	int *known = kind_state_get(&dump->kind_state, &dump->arena, &sets_key, 0, sizeof(*known), &is_new);
	struct seminfo info = {};

	if (is_new) {
		unshare(CLONE_SYSVSEM);
		*known = semctl(0, 0, SEM_INFO, &info);
		if (!info.semusz)
			*known = -1;
	}
	return *known;
}

/* Remembers who was the last to use each semaphore. */
static void find_users(struct dump *dump)
{
	for (int index = 0; index <= last_set(dump); index++) {
		struct semid_ds set = {};
		int id = semctl(index, 0, SEM_STAT_ANY, &set), pid;

		for (unsigned int i = 0; id >= 0 && i < set.sem_nsems; i++) {
			pid = semctl(id, (int)i, GETPID);
			if (pid > 0)
				kind_state_get(&dump->kind_state, &dump->arena, &users_key, (uint64_t)pid, 1, NULL);
		}
	}
}

static bool is_user(struct dump *dump, const struct task *task)
{
	bool is_new;

	kind_state_get(&dump->kind_state, &dump->arena, &users_key, 0, 1, &is_new);
	if (is_new)
		find_users(dump);
	return kind_state_find(&dump->kind_state, &users_key, (uint64_t)task->pid);
}

static int semaphores_survey(struct dump *dump, const struct task *task)
{
	if (task->state == TASK_DEAD || last_set(dump) < 0)
		return 0;
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		if (syscall(SYS_kcmp, getpid(), task->threads[i].tid, KCMP_SYSVSEM, 0UL, 0UL) <= 0)
			continue;
		if (task->nr_threads > 1 && !is_user(dump, task))
			continue;
		dump_refuse(dump, task,
			    "has used semaphores with SEM_UNDO, and what is to be undone cannot be read; remove them "
			    "(ipcrm --all=sem), or let the task end, before the dump");
		break;
	}
	return 0;
}

const struct task_kind semaphores_kind = {
	.name = "semaphores",
	.survey = semaphores_survey,
};
