// SPDX-License-Identifier: GPL-2.0-only
/* Probes in children, so that nothing of what they try is left in the caller. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/kernel/probe.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

/* Exit codes: 0 and 1 are answers, above stand errors. */
#define EXIT_ERROR_BASE 64
#define EXIT_ERROR_MAX 190

static int wait_for(pid_t pid, int *ret_status)
{
	while (waitpid(pid, ret_status, __WALL) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* fork() without a signal to the parent at the end. */
static pid_t fork_quietly(void)
{
	return (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
}

/* The signal comes only if the parent ends from here on: whoever stops himself has to look whether it is there. */
static void end_with(pid_t parent)
{
	pid_t now;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	now = getppid();
	if (now && now != parent) /* 0: outside of a new pid namespace */
		_exit(EXIT_ERROR_BASE + ESRCH);
}

static _Noreturn void run_child(pid_t parent, int (*function)(void *context), void *context)
{
	int result;

	end_with(parent);
	result = function(context);
	_exit(result >= 0 ? result > 0 : EXIT_ERROR_BASE + MIN(-result, EXIT_ERROR_MAX));
}

int probe_in_child(int (*function)(void *context), void *context)
{
	pid_t parent = getpid(), pid = fork_quietly();
	int status, error;

	if (pid < 0)
		return -errno;
	if (pid == 0)
		run_child(parent, function, context);
	error = wait_for(pid, &status);
	if (error < 0)
		return error;
	if (!WIFEXITED(status))
		return -EFAULT;
	status = WEXITSTATUS(status);
	return status >= EXIT_ERROR_BASE ? EXIT_ERROR_BASE - status : status;
}

struct traced {
	void (*function)(void);
	int (*trace)(pid_t pid);
};

static _Noreturn void run_tracee(pid_t parent, void (*function)(void))
{
	end_with(parent);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(1);
	if (function)
		function();
	else
		raise(SIGSTOP);
	_exit(0);
}

static int trace_child(void *context)
{
	const struct traced *traced = context;
	pid_t parent = getpid(), pid = fork_quietly();
	int status, result;

	if (pid < 0)
		return -errno;
	if (pid == 0)
		run_tracee(parent, traced->function);
	result = wait_for(pid, &status);
	if (result == 0)
		result = WIFSTOPPED(status) ? traced->trace(pid) : -EFAULT;
	if (kill(pid, SIGKILL) == 0)
		wait_for(pid, &status);
	return result;
}

int probe_traced(void (*function)(void), int (*trace)(pid_t pid))
{
	struct traced traced = { .function = function, .trace = trace };

	return probe_in_child(trace_child, &traced);
}

static int read_stop(void *context)
{
	_cleanup_close_ int fd = -1;
	struct proc_stat stat;
	siginfo_t info;
	int error;
	pid_t parent = getpid(), pid = fork_quietly();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		end_with(parent);
		raise(SIGSTOP);
		_exit(0);
	}
	error = waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT | __WALL) < 0 ? -errno : 0;
	fd = proc_open_task(pid);
	if (!error)
		error = fd < 0 ? fd : proc_read_stat(fd, &stat);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, __WALL);
	return error < 0 ? error : stat.exit_code == SIGSTOP;
}

int probe_stat_stop(struct kernel *kernel)
{
	return probe_in_child(read_stop, NULL);
}
