/* SPDX-License-Identifier: GPL-2.0-only */
/* Blob code of x86-64: vdso and thread creation on a new stack. */
#ifndef CRIU_ARCH_X86_64_BLOB_H
#define CRIU_ARCH_X86_64_BLOB_H

#include <linux/sched.h>

#include "criu/blobs/calls.h"

struct context;

#define ARCH_MAP_VDSO_64 0x2003

/* Maps vvar and vdso of this kernel from @address on; the ones the process had must be gone. */
static inline long arch_map_vdso(uint64_t address)
{
	long length = call(__NR_arch_prctl, ARCH_MAP_VDSO_64, address);

	return length < 0 ? length : 0;
}

#define FEATURE_TILES (1ULL << 18)

/* Makes the kernel give the thread room for the state of @features; what is in it comes by ptrace. */
static inline void arch_use_features(uint64_t features)
{
	/* Palette 1; tile 0 has one row of 64 bytes. */
	static const uint8_t configuration[64] = { [0] = 1, [16] = 64, [48] = 1 };

	if (features & FEATURE_TILES)
		__asm__ volatile("ldtilecfg %0\n\t"
				 "tilezero %%tmm0\n\t"
				 "tilerelease"
				 :
				 : "m"(configuration));
}

/* clone3(2); the new thread starts at @main(@argument) with @stack, 16-byte aligned, and never returns. */
static inline long arch_clone_thread(struct clone_args *args, uint64_t stack, void (*main)(struct context *),
				     void *argument)
{
	/* The new thread has copies of all registers but rax and rsp; rbp is cleared before they are used. */
	register void *where __asm__("r8") = main;
	register void *what __asm__("r9") = argument;
	long result;

	args->stack = stack - 4096;
	args->stack_size = 4096;
	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %[what], %%rdi\n\t"
			 "call *%[where]\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(result)
			 : "0"((long)__NR_clone3), "D"(args),
			   "S"(sizeof(*args)), [where] "r"(where), [what] "r"(what)
			 : "rcx", "r11", "memory");
	return result;
}

#endif
