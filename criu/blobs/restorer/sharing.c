// SPDX-License-Identifier: GPL-2.0-only
/* Steps of the restorer about what threads and tasks share: threads are made by one that has what they share, tables
 * and directories that a thread has for itself are set up by it, and the service descriptors go when all are done. */
#include <errno.h>
#include <linux/fcntl.h>
#include <linux/sched.h>
#include <linux/time_types.h>
#include <stdbool.h>

#include "criu/blobs/arch.h"
#include "criu/blobs/restorer/internal.h"

#define TID_ATTEMPTS 200
#define TID_PAUSE_NSEC 5000000

/* A thread that has ended has its number for a moment longer, even when its process was reaped (release_task()): long
 * for one of SCHED_IDLE on a busy machine. */
static long clone_patiently(struct clone_args *args, struct context *own)
{
	const struct __kernel_timespec pause = { .tv_nsec = TID_PAUSE_NSEC };
	long error = -EEXIST;

	for (int i = 0; error == -EEXIST && i < TID_ATTEMPTS; i++) {
		if (i)
			call(__NR_nanosleep, &pause, 0);
		error = arch_clone_thread(args, (uintptr_t)own & ~15UL, thread_main, own);
	}
	return error;
}

static long make_thread(struct context *context, struct restorer_thread *thread)
{
	/* The new thread's context lies at the top of its stack. */
	struct context *own = (struct context *)(uintptr_t)(thread->stack - sizeof(struct context));
	int tid = thread->tid;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
		.set_tid = (uintptr_t)&tid,
		.set_tid_size = 1,
	};

	args.flags &= ~(uint64_t)thread->unshared;
	*own = *context;
	own->thread = thread;
	context->value = tid;
	return clone_patiently(&args, own);
}

long make_threads_of(struct context *context)
{
	struct restorer_thread *threads = at_offset(context, context->task->threads);
	uint32_t own = context->thread - threads;

	for (uint32_t i = own + 1; i < context->task->nr_threads; i++) {
		long error = threads[i].creator == own ? make_thread(context, &threads[i]) : 0;

		if (error < 0)
			return error;
	}
	return 0;
}

long step_make_threads(struct context *context)
{
	return make_threads_of(context);
}

static long close_between(uint32_t first, uint32_t last)
{
	return first <= last ? call(__NR_close_range, first, last, 0) : 0;
}

static long place_table(struct context *context)
{
	const struct restorer_fd *fds = at_offset(context, context->thread->fds);
	uint32_t next = 0;
	long error = 0;

	for (uint32_t i = 0; error >= 0 && i < context->thread->nr_fds; i++) {
		context->value = fds[i].fd;
		error = call(__NR_dup3, fds[i].service, fds[i].fd, fds[i].cloexec ? O_CLOEXEC : 0);
		if (error >= 0 && fds[i].fd)
			error = close_between(next, fds[i].fd - 1);
		next = fds[i].fd + 1;
	}
	return error < 0 ? error : close_between(next, context->task->service_fd_base - 1);
}

static long change_directories(struct context *context)
{
	const struct restorer_thread *thread = context->thread;
	long error = 0;

	if (thread->cwd_fd < 0)
		return 0;
	if (thread->root_fd >= 0) {
		error = call(__NR_fchdir, thread->root_fd);
		if (!error)
			error = call(__NR_chroot, ".");
	}
	if (!error)
		error = call(__NR_fchdir, thread->cwd_fd);
	call(__NR_umask, thread->umask);
	return error;
}

static long close_when_parted(struct context *context)
{
	wait_for(&context->task->parted, context->task->nr_parting);
	return call(__NR_close_range, context->task->service_fd_base, ~0U, 0);
}

/* A thread that makes threads does so when it has what they share with it. */
long step_part(struct context *context)
{
	const struct restorer_thread *thread = context->thread;
	long error = 0;

	if (!thread->parts)
		return 0;
	if (thread->own_table)
		error = place_table(context);
	if (!error)
		error = change_directories(context);
	if (!error)
		error = make_threads_of(context);
	__atomic_fetch_add(&context->task->parted, 1, __ATOMIC_SEQ_CST);
	wake_all(&context->task->parted);
	return error || !thread->own_table ? error : close_when_parted(context);
}

/* A table that tasks share is ready when all of them have mapped what they needed from it. */
long step_close_service(struct context *context)
{
	const struct restorer_task *task = context->task;
	struct restorer_table *table = &context->shared->tables[task->table < 0 ? 0 : task->table];
	long error;

	if (task->table < 0)
		return close_when_parted(context);
	if (!task->nr_borrowers) {
		wait_for(&context->task->parted, task->nr_parting);
		__atomic_fetch_add(&table->ready, 1, __ATOMIC_SEQ_CST);
		wake_all(&table->ready);
		wait_for(&table->placed, 1);
		return 0;
	}
	wait_for(&table->ready, task->nr_borrowers);
	error = close_when_parted(context);
	__atomic_store_n(&table->placed, 1, __ATOMIC_SEQ_CST);
	wake_all(&table->placed);
	return error;
}
