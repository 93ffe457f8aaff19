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

void arch_enter_blob(uint64_t address, unsigned int command, void *argument, uint64_t stack)
{
	__asm__ volatile("mov %[stack], %%rsp\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "xor %%r9d, %%r9d\n\t" /* struct compel_entry: no data to make writable */
			 "jmp *%[address]\n\t"
			 :
			 : [stack] "r"(stack & ~15UL), [address] "r"(address), "D"((uint64_t)command), "S"(argument)
			 : "memory", "r9");
	__builtin_unreachable();
}

long arch_futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout)
{
	register const struct timespec *fourth __asm__("r10") = timeout;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"((long)SYS_futex), "D"(word), "S"((long)operation), "d"((long)value), "r"(fourth)
			 : "rcx", "r11", "memory");
	return result;
}

long arch_spawn(struct clone_args *args, uint64_t stack, void (*main)(void *), void *argument)
{
	/* The new process has copies of all registers but rax and rsp; rbp is cleared before they are used. */
	register void *where __asm__("r8") = main;
	register void *what __asm__("r9") = argument;
	long result;

	/* The size counts from the lower end. */
	args->stack = (stack & ~15UL) - STACK_ALIGNMENT;
	args->stack_size = STACK_ALIGNMENT;
	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %[what], %%rdi\n\t"
			 "call *%[where]\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(result)
			 : "0"((long)SYS_clone3), "D"(args), "S"(sizeof(*args)), [where] "r"(where), [what] "r"(what)
			 : "rcx", "r11", "memory");
	return result;
}
