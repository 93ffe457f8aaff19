// SPDX-License-Identifier: GPL-2.0-only
/* The way from our own code into a blob that will unmap it. */
#include <errno.h>
#include <linux/sched.h>
#include <stddef.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/arch/arch.h"
#include "criu/util/macros.h"

#define STACK_ALIGNMENT 4096UL

/* What C libraries register: 32 bytes, or as much as the kernel knows. */
int arch_unregister_rseq(void)
{
	const unsigned int sizes[] = { 32, __rseq_size, ROUND_UP(__rseq_size, 32) };
	char *area = (char *)__builtin_thread_pointer() + __rseq_offset;

	if (!__rseq_size)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		if (!syscall(SYS_rseq, area, sizes[i], RSEQ_FLAG_UNREGISTER, RSEQ_SIG))
			return 0;
	return -errno;
}

/* The code was written before its pages became executable: mprotect() has made the caches agree. Through x16 a
 * branch may land at any BTI landing pad or, as here, in pages without BTI. */
void arch_enter_blob(uint64_t address, unsigned int command, void *argument, uint64_t stack)
{
	register uint64_t x0 __asm__("x0") = command;
	register void *x1 __asm__("x1") = argument;
	register uint64_t x16 __asm__("x16") = address;
	register uint64_t x17 __asm__("x17") = stack & ~15UL;

	__asm__ volatile("mov sp, x17\n\t"
			 "mov x29, xzr\n\t"
			 "mov x30, xzr\n\t"
			 "mov x4, xzr\n\t" /* struct compel_entry: no data to make writable */
			 "br x16\n\t"
			 :
			 : "r"(x0), "r"(x1), "r"(x16), "r"(x17)
			 : "memory", "x4");
	__builtin_unreachable();
}

long arch_futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout)
{
	register long x0 __asm__("x0") = (long)word;
	register long x1 __asm__("x1") = operation;
	register long x2 __asm__("x2") = value;
	register long x3 __asm__("x3") = (long)timeout;
	register long x8 __asm__("x8") = SYS_futex;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3), "r"(x8) : "memory", "cc");
	return x0;
}

long arch_spawn(struct clone_args *args, uint64_t stack, void (*main)(void *), void *argument)
{
	register long x0 __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = sizeof(*args);
	register long x8 __asm__("x8") = SYS_clone3;
	/* The new process has copies of all registers but x0 and sp. */
	register void *x16 __asm__("x16") = main;
	register void *x17 __asm__("x17") = argument;

	/* The size counts from the lower end. */
	args->stack = (stack & ~15UL) - STACK_ALIGNMENT;
	args->stack_size = STACK_ALIGNMENT;
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
