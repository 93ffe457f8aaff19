/* SPDX-License-Identifier: LGPL-2.1-only */
/* System calls of injected code: compel_syscallN(number, arguments) return what the kernel does, -errno on failure.
 *
 * A thread into which code is injected may be in the middle of a system call which the kernel will restart. Code in
 * a blob must not make system calls that sleep with a timeout (nanosleep, poll, futex with a timeout) nor
 * rt_sigreturn: they would overwrite the kernel's note of how to restart it. */
#ifndef COMPEL_BLOB_SYSCALL_H
#define COMPEL_BLOB_SYSCALL_H

#include <asm/unistd.h>
#include <compel/blob/guard.h>

#if defined(__x86_64__)
#include <compel/blob/x86_64/syscall.h>
#elif defined(__aarch64__)
#include <compel/blob/aarch64/syscall.h>
#else
#error "libcompel: this architecture is not supported"
#endif

#define compel_syscall0(number) compel_syscall6((number), 0, 0, 0, 0, 0, 0)
#define compel_syscall1(number, a) compel_syscall6((number), (long)(a), 0, 0, 0, 0, 0)
#define compel_syscall2(number, a, b) compel_syscall6((number), (long)(a), (long)(b), 0, 0, 0, 0)
#define compel_syscall3(number, a, b, c) compel_syscall6((number), (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define compel_syscall4(number, a, b, c, d) \
	compel_syscall6((number), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define compel_syscall5(number, a, b, c, d, e) \
	compel_syscall6((number), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

#endif
