// SPDX-License-Identifier: GPL-2.0-only
/* System calls of 32-bit code that last for a time, most of them twice: times had 32 bits once. */
#include <compel/compel.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "criu/arch/arch.h"
#include "criu/arch/x86_64/compat-call.h"
#include "criu/util/macros.h"

#define OLD sizeof(int32_t[2])
#define NEW sizeof(struct timespec)
#define INT_0X80 0x80cd

static const struct {
	long number, native;
	size_t time_size;
} calls[] = {
	{ COMPAT_NR_poll, SYS_poll, NEW },
	{ COMPAT_NR_nanosleep, SYS_nanosleep, OLD },
	{ COMPAT_NR_clock_nanosleep, SYS_clock_nanosleep, OLD },
	{ COMPAT_NR_clock_nanosleep_time64, SYS_clock_nanosleep, NEW },
	{ COMPAT_NR_futex, SYS_futex, OLD },
	{ COMPAT_NR_futex_time64, SYS_futex, NEW },
	{ COMPAT_NR_epoll_wait, SYS_epoll_wait, NEW },
	{ COMPAT_NR_epoll_pwait, SYS_epoll_pwait, NEW },
#ifdef SYS_epoll_pwait2
	{ COMPAT_NR_epoll_pwait2, SYS_epoll_pwait2, NEW },
#endif
	{ COMPAT_NR_rt_sigtimedwait, SYS_rt_sigtimedwait, OLD },
	{ COMPAT_NR_rt_sigtimedwait_time64, SYS_rt_sigtimedwait, NEW },
	{ COMPAT_NR_semtimedop_time64, SYS_semtimedop, NEW },
	{ COMPAT_NR_io_getevents, SYS_io_getevents, OLD },
	{ COMPAT_NR_io_pgetevents, SYS_io_pgetevents, OLD },
	{ COMPAT_NR_io_pgetevents_time64, SYS_io_pgetevents, NEW },
	{ COMPAT_NR_recvmmsg, SYS_recvmmsg, OLD },
	{ COMPAT_NR_recvmmsg_time64, SYS_recvmmsg, NEW },
};

long arch_native_call(bool compat, long number, size_t *ret_time_size)
{
	*ret_time_size = NEW;
	if (!compat)
		return number;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].number != number)
			continue;
		*ret_time_size = calls[i].time_size;
		return calls[i].native;
	}
	return -1;
}

bool arch_begin_compat_call(struct compel_registers *registers, uint16_t instruction, const uint64_t arguments[6])
{
	struct user_regs_struct *native = &registers->native;

	for (int i = 0; i < 6; i++)
		if (arguments[i] > UINT32_MAX)
			return false;
	native->rbx = arguments[0];
	native->rcx = arguments[1];
	native->rdx = arguments[2];
	native->rsi = arguments[3];
	native->rdi = arguments[4];
	native->rbp = arguments[5];
	return instruction == INT_0X80;
}
