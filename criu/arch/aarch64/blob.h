/* SPDX-License-Identifier: GPL-2.0-only */
/* Blob code of aarch64: vdso and thread creation on a new stack. */
#ifndef CRIU_ARCH_AARCH64_BLOB_H
#define CRIU_ARCH_AARCH64_BLOB_H

#include <errno.h>
#include <linux/sched.h>

#include "criu/blobs/calls.h"

struct context;

static inline void arch_use_features(uint64_t features)
{
}

/* No system call maps a vdso here (x86 has ARCH_MAP_VDSO): one that was unmapped is gone for good. To have it at
 * @address, the parts of the one that the process was born with must be kept when old mappings are removed and be
 * moved by mremap(MREMAP_FIXED), which the kernel follows (it notes the new place for the return of signals). Until
 * unmap_old does that, a task with a vdso is not restored rather than left with calls into nowhere. */
static inline long arch_map_vdso(uint64_t address, bool compat)
{
	return -ENOSYS;
}

/* 32-bit tasks are refused. */
static inline long arch_set_compat_action(int signal, uint64_t handler, uint64_t flags, uint64_t restorer,
					  uint64_t mask)
{
	return -ENOSYS;
}

static inline long arch_set_compat_robust_list(uint64_t head, uint64_t length)
{
	return -ENOSYS;
}

static inline bool arch_has_ldt(void)
{
	return false;
}

/* clone3(2); the new thread starts at @main(@argument) with @stack, 16-byte aligned, and never returns. */
static inline long arch_clone_thread(struct clone_args *args, uint64_t stack, void (*main)(struct context *),
				     void *argument)
{
	register long x0 __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = sizeof(*args);
	register long x8 __asm__("x8") = __NR_clone3;
	/* The new thread has copies of all registers but x0 and sp. */
	register void *x16 __asm__("x16") = main;
	register void *x17 __asm__("x17") = argument;

	args->stack = stack - 4096;
	args->stack_size = 4096;
	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "mov x0, x17\n\t"
			 "blr x16\n\t"
			 "brk #0\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x1), "r"(x8), "r"(x16), "r"(x17)
			 : "memory", "cc");
	return x0;
}

#endif
