// SPDX-License-Identifier: GPL-2.0-only
/* The way from our own code into a blob that will unmap it. */
#include <errno.h>
#include <stddef.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/arch/arch.h"
#include "criu/util/macros.h"

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
