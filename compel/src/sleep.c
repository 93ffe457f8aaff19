// SPDX-License-Identifier: LGPL-2.1-only
/* Threads that go on sleeping for a moment while they are seized: the kernel shows more of a sleeping thread than of a
 * stopped one. They run no code of theirs but the system call that they were stopped in. */
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>

#include "compel/src/internal.h"
#include "compel/src/proc.h"

static int was_killed(const struct compel_thread *thread, int error)
{
	return error == -ETIME ? compel_fail(error, "%s: does not stop in time", compel_thread_name(thread))
			       : compel_fail(error, "%s: was killed meanwhile", compel_thread_name(thread));
}

/* From whatever stop it is in to PTRACE_EVENT_STOP. A signal that is just being delivered is passed on. */
static int stop_again(struct compel_thread *thread, int signal)
{
	int error;

	ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL);
	error = thread_resume(thread, PTRACE_CONT, signal);
	if (!error)
		error = thread_wait_event_stop(thread, compel_now() + COMPEL_PATIENCE, NULL);
	if (!error)
		error = thread_capture(thread);
	return error ? was_killed(thread, error) : 0;
}

static bool is_syscall_stop(const struct thread_stop *stop)
{
	return stop->signal == (SIGTRAP | 0x80);
}

static int signal_of(const struct thread_stop *stop)
{
	return stop->event || is_syscall_stop(stop) ? 0 : stop->signal;
}

/* Until the thread sleeps (1) or has stopped, for the call has ended (0). */
static int wait_asleep(struct compel_thread *thread)
{
	uint64_t deadline = compel_now() + COMPEL_PATIENCE;
	unsigned int round = 0;
	struct proc_stat stat;

	while (compel_now() < deadline) {
		if (proc_read_stat(thread->tid, &stat))
			return -ESRCH;
		if (stat.state == 'S')
			return 1;
		if (stat.state == 't' || stat.state == 'T')
			return 0;
		if (stat.state == 'Z' || stat.state == 'X')
			return -ESRCH;
		compel_pause(&round);
	}
	return -ETIME;
}

int compel_resume_sleep(struct compel_thread *thread)
{
	struct thread_stop stop;
	int error;

	compel_clear_error();
	if (thread->dead || thread->state != THREAD_STOPPED ||
	    compel_result(&thread->registers) != COMPEL_RESTART_BLOCK)
		return compel_fail(-EINVAL, "%s: was not asleep", compel_thread_name(thread));
	error = thread_resume(thread, PTRACE_SYSCALL, 0);
	if (!error)
		error = thread_wait(thread, compel_now() + COMPEL_PATIENCE, &stop);
	if (error)
		return was_killed(thread, error);
	if (!is_syscall_stop(&stop))
		return stop_again(thread, signal_of(&stop));
	error = thread_resume(thread, PTRACE_SYSCALL, 0);
	if (!error)
		error = wait_asleep(thread);
	if (error < 0)
		return was_killed(thread, error);
	thread->state = THREAD_ASLEEP;
	return error == 1 ? 1 : compel_stop_sleep(thread);
}

int compel_stop_sleep(struct compel_thread *thread)
{
	struct thread_stop stop;
	int error;

	compel_clear_error();
	if (thread->state != THREAD_ASLEEP)
		return 0;
	ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL);
	error = thread_wait(thread, compel_now() + COMPEL_PATIENCE, &stop);
	return error ? was_killed(thread, error) : stop_again(thread, signal_of(&stop));
}
