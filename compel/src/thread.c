// SPDX-License-Identifier: LGPL-2.1-only
/* One tracee: seizing, waiting for its stops, its registers, letting it go. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compel/src/internal.h"
#include "compel/src/proc.h"

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif
#define SEIZE_TRIES 120
#define LOOK_EVERY 4 /* rounds of sleeping between two looks whether the thread is dead */

static int seize_with(pid_t tid, unsigned long options)
{
	int error;

	reaper_release();
	error = ptrace(PTRACE_SEIZE, tid, NULL, options) ? -errno : 0;
	reaper_hold();
	return error;
}

/* The kernel says EPERM to all: find out what it means. -EAGAIN: nothing speaks against it now; perhaps it was just
 * ending, and another thread has its number since by execve(). */
static int explain_seize(const struct compel_thread *thread, int error, bool last_try)
{
	struct proc_stat stat, tracer;
	long tracer_pid;

	if (error == -ESRCH || proc_read_stat(thread->tid, &stat))
		return -ESRCH;
	if (stat.state == 'Z')
		return -ENODATA;
	if (stat.state == 'X')
		return -ESRCH;
	tracer_pid = proc_read_status(thread->tid, "TracerPid");
	if (tracer_pid <= 0 && !last_try)
		return -EAGAIN;
	if (tracer_pid == gettid() && thread->tid == thread->process->pid &&
	    !ledger_has_other(thread->process->ledger, thread->process->slot, thread->tid))
		return 0; /* seized under its old number, before an execve() */
	if (tracer_pid <= 0)
		return compel_fail(error, "%s (%s): cannot be traced: %s", compel_thread_name(thread),
				   stat.comm, strerror(-error));
	if (proc_read_stat((pid_t)tracer_pid, &tracer))
		strcpy(tracer.comm, "?");
	return compel_fail(-EBUSY, "%s (%s): is traced by pid %ld (%s)", compel_thread_name(thread),
			   stat.comm, tracer_pid, tracer.comm);
}

/* Filters of seccomp would see our system calls; kernels without this option say EINVAL, others EPERM. */
static bool without_seccomp_option;

bool compel_suspends_seccomp(void)
{
	return !without_seccomp_option;
}

/* Nobody can change it while all threads of the process are stopped. */
bool thread_has_seccomp(struct compel_thread *thread)
{
	if (!thread->under_seccomp)
		thread->under_seccomp = proc_read_status(thread->tid, "Seccomp") > 0 ? 1 : -1;
	return thread->under_seccomp > 0;
}

static int seize_once(pid_t tid)
{
	unsigned long options = PTRACE_O_TRACESYSGOOD;
	int first, error;

	if (without_seccomp_option)
		return seize_with(tid, options);
	first = seize_with(tid, options | PTRACE_O_SUSPEND_SECCOMP);
	if (first != -EINVAL && first != -EPERM)
		return first;
	error = seize_with(tid, options);
	without_seccomp_option = !error;
	return error;
}

int thread_seize(struct compel_thread *thread)
{
	const struct compel_seize_options *options = thread->process->options;
	unsigned int round = 0;
	int error;

	while ((error = seize_once(thread->tid))) {
		error = explain_seize(thread, error, round >= SEIZE_TRIES);
		if (!error)
			break;
		if (error != -EAGAIN)
			return error;
		compel_pause(&round);
	}
	thread->state = THREAD_NEW;
	if (options && options->look)
		options->look(options->look_argument, thread->tid);
	if (ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL)) {
		thread_reap(thread);
		return -ESRCH;
	}
	return 0;
}

static bool is_dead(pid_t tid)
{
	struct proc_stat stat;

	return proc_read_stat(tid, &stat) || stat.state == 'Z' || stat.state == 'X';
}

/* waitid() without WEXITED: the end of a child of ours is not ours to take. */
int thread_look(struct compel_thread *thread, struct thread_stop *ret_stop)
{
	siginfo_t info = { .si_pid = 0 };

	while (waitid(P_PID, (id_t)thread->tid, &info, WSTOPPED | WNOHANG | __WALL)) {
		if (errno == EINTR)
			continue;
		thread->state = THREAD_GONE;
		return -ESRCH;
	}
	if (!info.si_pid)
		return 0;
	ret_stop->signal = info.si_status & 0xff;
	ret_stop->event = info.si_status >> 8;
	return 1;
}

int thread_wait(struct compel_thread *thread, uint64_t deadline, struct thread_stop *ret_stop)
{
	unsigned int round = 0;

	for (;;) {
		int found = thread_look(thread, ret_stop);

		if (found)
			return found < 0 ? found : 0;
		if (round >= 100 && round % LOOK_EVERY == 0) {
			if (is_dead(thread->tid)) {
				if (thread->tid != thread->process->pid)
					reaper_take(thread->tid);
				thread->state = THREAD_GONE;
				return -ESRCH;
			}
			if (compel_now() > deadline)
				return -ETIME;
			reaper_collect(thread->process, thread);
		}
		compel_pause(&round);
	}
}

int thread_resume(struct compel_thread *thread, int request, int signal)
{
	if (!ptrace(request, thread->tid, NULL, (long)signal))
		return 0;
	if (errno == ESRCH)
		thread->state = THREAD_GONE;
	return -errno;
}

static int explain_timeout(const struct compel_thread *thread)
{
	char where[128];
	struct proc_stat stat;

	if (proc_read_stat(thread->tid, &stat))
		return -ESRCH;
	proc_where_waiting(thread->tid, where, sizeof(where));
	return compel_fail(-ETIME, "%s (%s): does not stop in time: state %c, waits in: %s",
			   compel_thread_name(thread), stat.comm, stat.state, where);
}

/* A signal that was just being delivered stops the thread first: it is passed on as it is, and the thread stops
 * again at once, before or at the first instruction of the handler. Any stop cancels the interrupt (ptrace_stop() in
 * kernel/signal.c), so it is asked for anew. */
int thread_wait_event_stop(struct compel_thread *thread, uint64_t deadline, int *ret_stop_signal)
{
	struct thread_stop stop;
	int error;

	for (;;) {
		error = thread_wait(thread, deadline, &stop);
		if (error == -ETIME)
			return explain_timeout(thread);
		if (error)
			return error;
		if (stop.event == PTRACE_EVENT_STOP)
			break;
		ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL);
		error = thread_resume(thread, PTRACE_CONT, stop.signal & 0x80 ? 0 : stop.signal);
		if (error)
			return error;
	}
	thread->state = THREAD_STOPPED;
	if (ret_stop_signal)
		*ret_stop_signal = stop.signal == SIGTRAP ? 0 : stop.signal;
	return 0;
}

int thread_get_registers(const struct compel_thread *thread, struct compel_registers *ret_registers)
{
	return arch_get_registers(thread->tid, ret_registers);
}

int thread_set_registers(const struct compel_thread *thread, const struct compel_registers *registers)
{
	return arch_set_registers(thread->tid, registers);
}

int thread_get_blocked(const struct compel_thread *thread, uint64_t *ret_blocked)
{
	return ptrace(PTRACE_GETSIGMASK, thread->tid, sizeof(*ret_blocked), ret_blocked) ? -errno : 0;
}

int thread_set_blocked(const struct compel_thread *thread, uint64_t blocked)
{
	return ptrace(PTRACE_SETSIGMASK, thread->tid, sizeof(blocked), &blocked) ? -errno : 0;
}

ssize_t thread_get_extended(const struct compel_thread *thread, void *buffer, size_t size)
{
	return arch_get_extended(thread->tid, buffer, size);
}

int thread_set_extended(const struct compel_thread *thread, const void *buffer, size_t size)
{
	return arch_set_extended(thread->tid, buffer, size);
}

int thread_peek(const struct compel_thread *thread, uint64_t address, uint64_t *ret_word)
{
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, thread->tid, address, NULL);
	if (errno)
		return -errno;
	*ret_word = (uint64_t)word;
	return 0;
}

int thread_poke(const struct compel_thread *thread, uint64_t address, uint64_t word)
{
	return ptrace(PTRACE_POKEDATA, thread->tid, address, word) ? -errno : 0;
}

/* It has been killed, or it ends: that takes a moment. A dead thread which nobody waits for would hold up an execve()
 * of its process, and with it our next PTRACE_SEIZE there. */
void thread_reap(struct compel_thread *thread)
{
	bool is_leader = thread->process && thread->tid == thread->process->pid;
	uint64_t deadline = compel_now() + COMPEL_SECOND;
	unsigned int round = 0;
	struct proc_stat stat;

	thread->state = THREAD_GONE;
	/* A leader that is our child is reaped by whoever waits for children here. */
	if (is_leader && (proc_read_stat(thread->tid, &stat) || stat.ppid == getpid()))
		return;
	do {
		siginfo_t info;

		if (reaper_take(thread->tid) ||
		    waitid(P_PID, (id_t)thread->tid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL))
			return;
		if (!is_leader)
			compel_pause(&round);
	} while (!is_leader && compel_now() < deadline);
}

void thread_detach(struct compel_thread *thread)
{
	if (thread->dead)
		return;
	/* One that stands frozen cannot be let go, but ends to be traced with us. */
	if (thread->state != THREAD_GONE && ptrace(PTRACE_DETACH, thread->tid, NULL, NULL) &&
	    thread->state != THREAD_NEW)
		thread_reap(thread);
	thread->state = THREAD_GONE;
}
