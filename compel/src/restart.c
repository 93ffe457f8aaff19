// SPDX-License-Identifier: LGPL-2.1-only
/* System calls which the kernel ends with EINTR by any stop, with or without a signal (signal(7), "even in the absence
 * of signal handlers"). Nobody is to notice our stop: they become -ERESTARTNOHAND, upon which the kernel gives EINTR
 * if a handler runs and makes the system call again if none does. A relative timeout begins anew then. */
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "compel/src/internal.h"

#define ERESTARTNOHAND 514

/* EINTR of these means that nothing was done. */
static const int repeatable[] = {
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
	SYS_epoll_pwait,
#ifdef SYS_epoll_pwait2
	SYS_epoll_pwait2,
#endif
	SYS_rt_sigtimedwait,
	SYS_semop,
	SYS_semtimedop,
	SYS_io_getevents,
	SYS_io_pgetevents,
	SYS_io_uring_enter,
	/* sockets with SO_RCVTIMEO, SO_SNDTIMEO; a second connect() waits for what the first has begun */
	SYS_read,
	SYS_readv,
	SYS_write,
	SYS_writev,
	SYS_recvfrom,
	SYS_recvmsg,
	SYS_recvmmsg,
	SYS_accept,
	SYS_accept4,
	SYS_connect,
	SYS_sendto,
	SYS_sendmsg,
	SYS_sendmmsg,
};

/* Numbers of 32 bit calls mean others: the kernel says which kind it is. */
static bool is_repeatable(const struct compel_thread *thread)
{
	long number = compel_syscall_number(&thread->registers);
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->tid, sizeof(info), &info) > 0 && info.arch == arch_audit_compat)
		return arch_compat_repeats(&thread->registers);
	for (size_t n = 0; n < COMPEL_ARRAY_SIZE(repeatable); n++)
		if (repeatable[n] == number)
			return true;
	return false;
}

static int restart_interrupted(struct compel_thread *thread)
{
	long number = compel_syscall_number(&thread->registers);

	if (number < 0 || compel_result(&thread->registers) != -EINTR || !arch_can_restart)
		return 0;
	if (!is_repeatable(thread))
		return 0;
	compel_set_result(&thread->registers, -ERESTARTNOHAND);
	return thread_set_registers(thread, &thread->registers);
}

int thread_capture(struct compel_thread *thread)
{
	int error = thread_get_registers(thread, &thread->registers);

	if (!error)
		error = restart_interrupted(thread);
	if (!error)
		rseq_abort(thread);
	return error ? error : thread_get_blocked(thread, &thread->blocked);
}
