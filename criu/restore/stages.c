// SPDX-License-Identifier: GPL-2.0-only
/* The barrier of the stages. Whoever waits also looks now and then whether all of the others are still alive. */
#include "criu/restore/stages.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/arch/arch.h"
#include "criu/model/restore.h"
#include "criu/model/sharing.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"
#include "criu/util/progress.h"

#define LOOK_AROUND_NSEC (50 * 1000 * 1000L)

static const char *const restorer_steps[] = {
	[RESTORER_NO_STEP] = "nothing is known",
#define TASK_STEP(name, text) [RESTORER_STEP_##name] = text,
#define THREAD_STEP(name, text) [RESTORER_STEP_##name] = text,
#include "criu/blobs/restorer/steps.def"
	[RESTORER_STEP_set_dumpable] = "dumpable flag cannot be set",
};

static void *map_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static size_t shared_size(const struct restore *restore)
{
	return sizeof(struct restore_shared) + restore->nr_tasks * sizeof(struct created_task) +
	       restore->nr_shared * sizeof(uint32_t);
}

static size_t restorer_shared_size(const struct restore *restore)
{
	return ROUND_UP(sizeof(struct restorer_shared) + restore->nr_shared * sizeof(struct restorer_table),
			PAGE_SIZE);
}

int restore_new_shared(struct restore *restore)
{
	restore->shared = map_shared(shared_size(restore));
	if (!restore->shared)
		return log_errno(ENOMEM, "memory shared with the tasks");
	restore->shared->restorer_size = restorer_shared_size(restore);
	restore->shared->restorer = map_shared(restore->shared->restorer_size);
	if (!restore->shared->restorer)
		return log_errno(ENOMEM, "memory shared with the restorers");
	restore->shared->nr_tasks = restore->nr_tasks;
	return 0;
}

void restore_free_shared(struct restore *restore)
{
	if (!restore->shared)
		return;
	if (restore->shared->restorer)
		munmap(restore->shared->restorer, restore->shared->restorer_size);
	munmap(restore->shared, shared_size(restore));
	restore->shared = NULL;
}

static void futex_wait(uint32_t *word, uint32_t value)
{
	struct timespec timeout = { .tv_nsec = LOOK_AROUND_NSEC };

	syscall(SYS_futex, word, FUTEX_WAIT, value, &timeout, NULL, 0);
}

static void futex_wake_all(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static uint32_t read_word(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

void stage_wake(uint32_t *word)
{
	arch_futex(word, FUTEX_WAKE, INT_MAX, NULL);
}

int stage_wait_word(struct restore *restore, uint32_t *word, uint32_t wanted)
{
	struct timespec timeout = { .tv_nsec = LOOK_AROUND_NSEC };
	uint32_t now;

	while ((now = read_word(word)) < wanted) {
		if (read_word(&restore->shared->failed))
			return -ECANCELED;
		arch_futex(word, FUTEX_WAIT, now, &timeout);
	}
	return 0;
}

uint32_t *stage_settled(const struct restore *restore, const struct share_group *group)
{
	return (uint32_t *)&restore->shared->tasks[restore->nr_tasks] + group->index;
}

int stage_wait_settled(struct restore *restore, const struct share_group *group)
{
	return stage_wait_word(restore, stage_settled(restore, group), group->total - 1);
}

void stage_settle(struct restore *restore, const struct share_group *group)
{
	__atomic_fetch_add(stage_settled(restore, group), 1, __ATOMIC_SEQ_CST);
	stage_wake(stage_settled(restore, group));
}

void stage_arrive(struct restore *restore)
{
	__atomic_fetch_add(&restore->shared->arrived, 1, __ATOMIC_SEQ_CST);
	stage_wake(&restore->shared->arrived);
}

int stage_finish(struct restore *restore, enum restore_stage stage)
{
	struct restore_shared *shared = restore->shared;

	stage_arrive(restore);
	while (read_word(&shared->stage) == stage) {
		if (read_word(&shared->failed))
			return -ECANCELED;
		futex_wait(&shared->stage, stage);
	}
	return 0;
}

void stage_fail(struct restore *restore)
{
	struct restore_shared *shared = restore->shared;

	__atomic_store_n(&shared->failed, 1, __ATOMIC_SEQ_CST);
	futex_wake_all(&shared->arrived);
	futex_wake_all(&shared->stage);
	futex_wake_all(&shared->restorer->parked);
}

static int report_restorer_failure(const struct restorer_shared *restorer)
{
	uint32_t step = restorer->error_step;

	return log_errno(restorer->error, "task %d: restorer: %s (at %#lx)", restorer->error_pid,
			 step < ARRAY_SIZE(restorer_steps) ? restorer_steps[step] : "?",
			 (unsigned long)restorer->error_value);
}

static int check_alive(const struct task *task)
{
	_cleanup_close_ int fd = proc_open_task(task->pid);
	struct proc_stat stat;

	if (fd < 0 || proc_read_stat(fd, &stat) < 0)
		return log_fail(-ESRCH, "task %d: is gone before it was restored", task->pid);
	if (stat.state == 'Z' || stat.state == 'X')
		return log_fail(-ESRCH, "task %d: died before it was restored (wait status %#x)", task->pid,
				stat.exit_code);
	return 0;
}

/* Has anything failed, or died without a word? */
static int look_around(struct restore *restore, bool thoroughly)
{
	struct restore_shared *shared = restore->shared;
	struct task *task;
	int error;

	if (read_word(&shared->failed))
		return -ECANCELED;
	if (read_word(&shared->restorer->failed)) {
		while (!read_word(&shared->restorer->error_step))
			usleep(100);
		return report_restorer_failure(shared->restorer);
	}
	if (restore->cancelled && *restore->cancelled)
		return log_fail(-ECANCELED, "restore: cancelled by a signal");
	TAILQ_FOREACH(task, &restore->tasks, link) {
		if (!thoroughly || task->state == TASK_DEAD || !shared->tasks[task->index].pid)
			continue;
		error = check_alive(task);
		/* It may have had time to say why. */
		if (error < 0)
			return error;
	}
	return 0;
}

static int wait_for_count(struct restore *restore, uint32_t *counter, unsigned int wanted)
{
	struct progress progress;
	uint32_t now;
	int error = 0;

	progress_start(&progress, "restore", PROGRESS_TASKS, wanted);
	while (!error && (now = read_word(counter)) < wanted) {
		uint32_t before = now;

		futex_wait(counter, now);
		now = read_word(counter);
		progress_add(&progress, now - before);
		error = look_around(restore, now == before);
	}
	progress_end(&progress);
	return error < 0 ? error : look_around(restore, false);
}

int stage_run(struct restore *restore, enum restore_stage stage, unsigned int nr)
{
	struct restore_shared *shared = restore->shared;
	int error = wait_for_count(restore, &shared->arrived, nr);

	if (error < 0)
		return error;
	__atomic_store_n(&shared->arrived, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&shared->stage, stage + 1, __ATOMIC_SEQ_CST);
	futex_wake_all(&shared->stage);
	return 0;
}

int stage_wait_parked(struct restore *restore, unsigned int nr)
{
	return wait_for_count(restore, &restore->shared->restorer->parked, nr);
}

int stage_wait_gated(struct restore *restore, unsigned int nr)
{
	return wait_for_count(restore, &restore->shared->restorer->gated, nr);
}

void stage_open_gate(struct restore *restore)
{
	__atomic_store_n(&restore->shared->restorer->gate, 1, __ATOMIC_SEQ_CST);
	futex_wake_all(&restore->shared->restorer->gate);
}
