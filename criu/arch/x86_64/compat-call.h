/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls of the 32-bit interface, made by 64-bit code: ours and, blob-safe, that of blobs. */
#ifndef CRIU_ARCH_X86_64_COMPAT_CALL_H
#define CRIU_ARCH_X86_64_COMPAT_CALL_H

/* asm/unistd_32.h, whose names are those of other numbers here */
#define COMPAT_NR_restart_syscall 0
#define COMPAT_NR_open 5
#define COMPAT_NR_getpid 20
#define COMPAT_NR_rt_sigaction 174
#define COMPAT_NR_poll 168
#define COMPAT_NR_nanosleep 162
#define COMPAT_NR_futex 240
#define COMPAT_NR_clock_nanosleep 267
#define COMPAT_NR_clock_nanosleep_time64 407
#define COMPAT_NR_futex_time64 422
#define COMPAT_NR_epoll_wait 256
#define COMPAT_NR_epoll_pwait 319
#define COMPAT_NR_epoll_pwait2 441
#define COMPAT_NR_rt_sigtimedwait 177
#define COMPAT_NR_rt_sigtimedwait_time64 421
#define COMPAT_NR_semtimedop_time64 420
#define COMPAT_NR_io_getevents 247
#define COMPAT_NR_io_pgetevents 385
#define COMPAT_NR_io_pgetevents_time64 416
#define COMPAT_NR_recvmmsg 337
#define COMPAT_NR_recvmmsg_time64 417
#define COMPAT_NR_set_robust_list 311
#define COMPAT_NR_get_robust_list 312

/* Older kernels lose r8 to r11 on this way. */
static inline long compat_call(long number, long a, long b, long c, long d)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d)
			 : "r8", "r9", "r10", "r11", "memory");
	return (int)result;
}

#endif
