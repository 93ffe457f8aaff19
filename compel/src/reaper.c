// SPDX-License-Identifier: LGPL-2.1-only
/* A thread that calls execve() ends the others of its process and waits until they are reaped: those that we trace, by
 * us. PTRACE_SEIZE of one more waits for the execve(). While it blocks, somebody else of ours has to reap: a thread,
 * which exists only while a process with several threads is being seized. */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "compel/src/internal.h"

#define REAP_EVERY_NS 10000000

static struct {
	pthread_mutex_t lock; /* held by the tracer, except while it may block */
	pthread_cond_t wake;
	pthread_t thread;
	struct compel_process *process; /* NULL: not running */
	bool stop;
} reaper = { .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER };

/* Stops of tracees are told to everybody who waits, whatever for: look first, they are not to be taken here. */
bool reaper_take(pid_t tid)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_PID, (id_t)tid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) || !info.si_pid)
		return false;
	if (info.si_code != CLD_EXITED && info.si_code != CLD_KILLED && info.si_code != CLD_DUMPED)
		return false;
	waitid(P_PID, (id_t)tid, &info, WEXITED | WNOHANG | __WALL);
	return true;
}

void reaper_collect(struct compel_process *process, const struct compel_thread *except)
{
	for (unsigned int n = 0; n < process->nr_threads; n++) {
		struct compel_thread *thread = &process->threads[n];

		if (thread != except && thread->tid != process->pid && reaper_take(thread->tid))
			thread->state = THREAD_GONE;
	}
}

static void *watch(void *argument)
{
	struct timespec until;

	pthread_mutex_lock(&reaper.lock);
	while (!reaper.stop) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += REAP_EVERY_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		/* The lock is free only when the tracer is in PTRACE_SEIZE: of the last thread of the list. */
		pthread_cond_timedwait(&reaper.wake, &reaper.lock, &until);
		if (!reaper.stop)
			reaper_collect(reaper.process, &reaper.process->threads[reaper.process->nr_threads - 1]);
	}
	pthread_mutex_unlock(&reaper.lock);
	return NULL;
}

void reaper_start(struct compel_process *process)
{
	sigset_t all, old;

	if (reaper.process)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	pthread_mutex_lock(&reaper.lock);
	reaper.stop = false;
	reaper.process = process;
	/* Without it only that one race cannot be resolved. */
	if (pthread_create(&reaper.thread, NULL, watch, NULL)) {
		reaper.process = NULL;
		pthread_mutex_unlock(&reaper.lock);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void reaper_stop(void)
{
	if (!reaper.process)
		return;
	reaper.stop = true;
	pthread_cond_signal(&reaper.wake);
	pthread_mutex_unlock(&reaper.lock);
	pthread_join(reaper.thread, NULL);
	reaper.process = NULL;
}

void reaper_release(void)
{
	if (reaper.process)
		pthread_mutex_unlock(&reaper.lock);
}

void reaper_hold(void)
{
	if (reaper.process)
		pthread_mutex_lock(&reaper.lock);
}
