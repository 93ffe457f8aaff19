// SPDX-License-Identifier: GPL-2.0-only
/* Probes of tasks: pids, pidfds, signals, ptrace, seccomp, timers. */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/kernel/abi.h"
#include "criu/kernel/probe.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/kernel/proc/status.h"
#include "criu/kernel/proc/value.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

/* Reaps all that this process has left behind. */
static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

static pid_t clone3_at(pid_t *pid, size_t levels)
{
	struct clone_args arguments = { .set_tid = (uintptr_t)pid, .set_tid_size = levels };

	return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

/* Takes the pid of a child that is gone; that somebody else was quicker also shows that it can be asked for. */
static int try_clone3_set_tid(void *context)
{
	pid_t pid = clone3_at(NULL, 0), again;

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return probe_result(-1);
	reap(pid);
	again = clone3_at(&pid, 1);
	if (again == 0)
		_exit(0);
	if (again < 0)
		return errno == EEXIST ? 1 : probe_result(-1);
	reap(again);
	return again == pid;
}

int probe_clone3_set_tid(struct kernel *kernel)
{
	return probe_in_child(try_clone3_set_tid, NULL);
}

/* The file is read-only in many containers, where clone3 does the same. */
int probe_ns_last_pid(struct kernel *kernel)
{
	return access("/proc/sys/kernel/ns_last_pid", W_OK) == 0 || kernel_has(kernel, KERNEL_CLONE3_SET_TID);
}

int probe_ns_pid(struct kernel *kernel)
{
	_cleanup_proc_status_ struct proc_status status = { 0 };
	_cleanup_close_ int self = proc_open_task(getpid());
	int ret = self < 0 ? self : proc_read_status(self, &status);

	return ret < 0 ? ret : status.ns_pid.count > 0;
}

int probe_proc_stat(struct kernel *kernel)
{
	_cleanup_close_ int self = proc_open_task(getpid());
	struct proc_stat stat;
	int ret = self < 0 ? self : proc_read_stat(self, &stat);

	return ret == -EINVAL ? 0 : ret < 0 ? ret : 1;
}

static int try_loginuid(void *context)
{
	_cleanup_close_ int self = proc_open_task(getpid()), fd = -EBADF;
	char text[16];
	uint32_t uid;
	int ret = self < 0 ? self : proc_read_loginuid(self, &uid);

	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	fd = openat(self, "loginuid", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(text, sizeof(text), "%u", uid);
	return write(fd, text, strlen(text)) < 0 ? -errno : 1;
}

int probe_loginuid(struct kernel *kernel)
{
	return probe_in_child(try_loginuid, NULL);
}

int probe_kcmp(struct kernel *kernel)
{
	pid_t pid = getpid();

	return probe_result(syscall(SYS_kcmp, pid, pid, KCMP_VM, 0, 0));
}

int probe_kcmp_epoll(struct kernel *kernel)
{
	_cleanup_close_ int epoll = epoll_create1(EPOLL_CLOEXEC), target = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };
	struct kcmp_epoll_slot slot = { .efd = (uint32_t)epoll, .tfd = (uint32_t)target };
	pid_t pid = getpid();
	long result;

	if (epoll < 0 || target < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, target, &event) < 0)
		return -errno;
	result = syscall(SYS_kcmp, pid, pid, KCMP_EPOLL_TFD, target, &slot);
	return result < 0 ? probe_result(result) : result == 0;
}

static int open_own_pidfd(void)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	return fd < 0 ? -errno : fd;
}

int probe_pidfd_getfd(struct kernel *kernel)
{
	_cleanup_close_ int pidfd = open_own_pidfd(), copy = -EBADF;

	if (pidfd < 0)
		return pidfd == -ENOSYS ? 0 : pidfd;
	copy = (int)syscall(SYS_pidfd_getfd, pidfd, pidfd, 0);
	return probe_result(copy);
}

int probe_pidfd_store(struct kernel *kernel)
{
	return kernel_has(kernel, KERNEL_PIDFD_GETFD);
}

int probe_pidfd_get_info(struct kernel *kernel)
{
	_cleanup_close_ int pidfd = open_own_pidfd();
	struct abi_pidfd_info info = { .mask = ABI_PIDFD_INFO_PID };

	if (pidfd < 0)
		return pidfd == -ENOSYS ? 0 : pidfd;
	return probe_result(ioctl(pidfd, ABI_PIDFD_GET_INFO, &info));
}

int probe_pidns_translate(struct kernel *kernel)
{
	_cleanup_close_ int ns = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);

	return ns < 0 ? -errno : probe_result(ioctl(ns, ABI_NS_GET_PID_IN_PIDNS, getpid()));
}

/* A signal as if the kernel had sent it, which only the task itself may queue. */
static int try_rt_sigqueueinfo(void *context)
{
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_KERNEL };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info) < 0 ? (errno == EPERM ? 0 : -errno) : 1;
}

int probe_rt_sigqueueinfo(struct kernel *kernel)
{
	return probe_in_child(try_rt_sigqueueinfo, NULL);
}

static void queue_and_stop(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	raise(SIGSTOP);
}

static int trace_peeksiginfo(pid_t pid)
{
	struct __ptrace_peeksiginfo_args arguments = { .nr = 1 };
	siginfo_t info;
	long count = ptrace(PTRACE_PEEKSIGINFO, pid, &arguments, &info);

	return count < 0 ? probe_result(errno == EIO ? (errno = EINVAL, -1) : -1) : count == 1;
}

int probe_ptrace_peeksiginfo(struct kernel *kernel)
{
	return probe_traced(queue_and_stop, trace_peeksiginfo);
}

/* PTRACE_SETOPTIONS says EINVAL for options it does not know; a ptrace request that is not there says EIO. */
static int ptrace_result(long result)
{
	return result < 0 && errno == EIO ? 0 : probe_result(result);
}

static int trace_seccomp_suspend(pid_t pid)
{
	return ptrace_result(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_SUSPEND_SECCOMP));
}

int probe_seccomp_suspend(struct kernel *kernel)
{
	return probe_traced(NULL, trace_seccomp_suspend);
}

static void filter_and_stop(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { .len = 1, .filter = &allow };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(1);
	raise(SIGSTOP);
}

static int trace_seccomp_filters(pid_t pid)
{
	return ptrace_result(ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 0, NULL));
}

int probe_seccomp_filters(struct kernel *kernel)
{
	int ret = probe_traced(filter_and_stop, trace_seccomp_filters);

	return ret == -EFAULT ? 0 : ret;
}

static int trace_rseq(pid_t pid)
{
	struct abi_ptrace_rseq rseq;

	return ptrace_result(ptrace(ABI_PTRACE_GET_RSEQ_CONFIGURATION, pid, sizeof(rseq), &rseq));
}

int probe_get_rseq_conf(struct kernel *kernel)
{
	return probe_traced(NULL, trace_rseq);
}

static int trace_user_dispatch(pid_t pid)
{
	struct abi_syscall_user_dispatch dispatch;

	return ptrace_result(ptrace(ABI_PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, pid, sizeof(dispatch), &dispatch));
}

int probe_syscall_user_dispatch(struct kernel *kernel)
{
	return probe_traced(NULL, trace_user_dispatch);
}

static int trace_robust_list(pid_t pid)
{
	struct robust_list_head *head;
	size_t size;

	return probe_result(syscall(SYS_get_robust_list, pid, &head, &size));
}

int probe_get_robust_list(struct kernel *kernel)
{
	return probe_traced(NULL, trace_robust_list);
}

int probe_timer_cr_ids(struct kernel *kernel)
{
	return probe_result(prctl(ABI_PR_TIMER_CREATE_RESTORE_IDS, ABI_PR_TIMER_CREATE_RESTORE_IDS_GET, 0, 0, 0));
}

int probe_external_net_ns(struct kernel *kernel)
{
	return 1;
}
