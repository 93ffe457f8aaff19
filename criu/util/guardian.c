// SPDX-License-Identifier: GPL-2.0-only
/* A process that outlives the one it watches. */
#include "criu/util/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void guardian_step_aside(void)
{
	sigset_t all;

	setpgid(0, 0);
	prctl(PR_SET_NAME, "guardian");
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

void guardian_wait_for_end(int pidfd)
{
	struct pollfd poller = { .fd = pidfd, .events = POLLIN };

	while (poll(&poller, 1, -1) < 0 && errno == EINTR)
		;
}

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

/* Signals pass as if nobody were there. True: its end has come. */
static bool pass_stop(pid_t pid, int status)
{
	int event = status >> 16, signal = WSTOPSIG(status);

	if (event == PTRACE_EVENT_EXIT)
		return true;
	if (event == PTRACE_EVENT_STOP)
		ptrace(signal == SIGTRAP ? PTRACE_CONT : PTRACE_LISTEN, pid, NULL, NULL);
	else
		ptrace(PTRACE_CONT, pid, NULL, (long)signal);
	return false;
}

static void __attribute__((noreturn)) hold(pid_t pid, int ready, void (*wait)(void *argument), void *argument)
{
	int status, error;

	guardian_step_aside();
	error = ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXIT) < 0 ? -errno : 0;
	if (write(ready, &error, sizeof(error)) != sizeof(error) || error)
		_exit(EXIT_FAILURE);
	close(ready);
	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
		if (!pass_stop(pid, status))
			continue;
		wait(argument);
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
		break;
	}
	_exit(EXIT_SUCCESS);
}

int guardian_start_holder(void (*wait)(void *argument), void *argument, pid_t *ret_pid)
{
	pid_t caller = getpid(), pid;
	int ready[2], error = -EPERM;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		hold(caller, ready[1], wait, argument);
	close(ready[1]);
	if (pid < 0 || read(ready[0], &error, sizeof(error)) != sizeof(error))
		error = pid < 0 ? -EAGAIN : -EPERM;
	close(ready[0]);
	if (error) {
		guardian_end_holder(pid);
		return error;
	}
	*ret_pid = pid;
	return 0;
}

void guardian_end_holder(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Whoever looks at @apart after the end of @caller either sees it, or it begins nothing. */
static void __attribute__((noreturn))
work_apart(volatile pid_t *apart, pid_t caller, int (*work)(void *argument), void *argument)
{
	int ret;

	guardian_step_aside();
	if (apart)
		__atomic_store_n(apart, getpid(), __ATOMIC_SEQ_CST);
	if (getppid() != caller)
		_exit(EINTR);
	ret = work(argument);
	_exit(ret < 0 ? -ret : 0);
}

static int wait_for_zombie(pid_t pid, siginfo_t *ret_info)
{
	while (waitid(P_PID, (id_t)pid, ret_info, WEXITED | WNOWAIT) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int guardian_run_apart(volatile pid_t *apart, int (*work)(void *argument),
		       void (*killed)(void *argument, pid_t pid), void *argument)
{
	pid_t caller = getpid(), pid = fork();
	siginfo_t info = { 0 };
	int ret;

	if (pid == 0)
		work_apart(apart, caller, work, argument);
	if (pid < 0)
		return -errno;
	ret = wait_for_zombie(pid, &info);
	if (ret < 0)
		return ret;
	if (info.si_code != CLD_EXITED)
		killed(argument, pid);
	waitpid(pid, NULL, 0);
	if (apart)
		__atomic_store_n(apart, 0, __ATOMIC_SEQ_CST);
	return info.si_code == CLD_EXITED ? -info.si_status : -EINTR;
}

void guardian_wait_apart(const volatile pid_t *apart)
{
	pid_t pid = __atomic_load_n(apart, __ATOMIC_SEQ_CST);
	int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	if (pidfd < 0)
		return;
	guardian_wait_for_end(pidfd);
	close(pidfd);
}
