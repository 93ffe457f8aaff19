// SPDX-License-Identifier: LGPL-2.1-only
/* x86_64: system calls of 32 bit code, by their own numbers. */
#include <asm/unistd_32.h>
#include <linux/audit.h>

#include "compel/src/internal.h"

const uint32_t arch_audit_compat = AUDIT_ARCH_I386;
const long arch_compat_vfork = __NR_vfork, arch_compat_clone = __NR_clone;

/* As in src/restart.c. Of ipc(2) only semop() gives EINTR. */
static const int repeatable[] = {
	__NR_epoll_wait,
	__NR_epoll_pwait,
	__NR_epoll_pwait2,
	__NR_rt_sigtimedwait,
	__NR_rt_sigtimedwait_time64,
	__NR_ipc,
	__NR_semtimedop_time64,
	__NR_io_getevents,
	__NR_io_pgetevents,
	__NR_io_pgetevents_time64,
	__NR_io_uring_enter,
	__NR_read,
	__NR_readv,
	__NR_write,
	__NR_writev,
	__NR_socketcall,
	__NR_recvfrom,
	__NR_recvmsg,
	__NR_recvmmsg,
	__NR_recvmmsg_time64,
	__NR_accept4,
	__NR_connect,
	__NR_sendto,
	__NR_sendmsg,
	__NR_sendmmsg,
};

bool arch_compat_repeats(const struct compel_registers *registers)
{
	long number = compel_syscall_number(registers);

	for (size_t n = 0; n < COMPEL_ARRAY_SIZE(repeatable); n++)
		if (repeatable[n] == number)
			return true;
	return false;
}
