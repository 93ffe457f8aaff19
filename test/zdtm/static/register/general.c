// SPDX-License-Identifier: GPL-2.0-only
/* Every general purpose register of a task that spins in user mode keeps its value.
 *
 * flavours: host ns
 * skip-if: not-x86
 * kinds: registers cpuinfo
 */
#include "test.h"

#ifdef __x86_64__
uint64_t values_in[16], values_out[16];
void spin_registers(void);

/* rsp (number 4) stays the stack; rip-relative addressing leaves all others free. */
asm(".text\n"
    ".type spin_registers, @function\n"
    "spin_registers:\n"
    "	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "	mov values_in+0(%rip), %rax; mov values_in+8(%rip), %rcx; mov values_in+16(%rip), %rdx\n"
    "	mov values_in+24(%rip), %rbx; mov values_in+40(%rip), %rbp; mov values_in+48(%rip), %rsi\n"
    "	mov values_in+56(%rip), %rdi\n"
    "	.irp n,8,9,10,11,12,13,14,15\n	mov values_in+8*\\n(%rip), %r\\n\n	.endr\n"
    "1:	pause\n"
    "	cmpl $0, test_stop_flag(%rip)\n"
    "	je 1b\n"
    "	mov %rax, values_out+0(%rip); mov %rcx, values_out+8(%rip); mov %rdx, values_out+16(%rip)\n"
    "	mov %rbx, values_out+24(%rip); mov %rbp, values_out+40(%rip); mov %rsi, values_out+48(%rip)\n"
    "	mov %rdi, values_out+56(%rip)\n"
    "	.irp n,8,9,10,11,12,13,14,15\n	mov %r\\n, values_out+8*\\n(%rip)\n	.endr\n"
    "	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "	ret\n");

int main(int argc, char **argv)
{
	test_init(argc, argv);
	test_fill(values_in, sizeof(values_in), 11);
	test_ready();
	spin_registers();
	for (int i = 0; i < 16; i++)
		check(i == 4 || values_in[i] == values_out[i], "register %d was %#lx and is %#lx", i,
		      values_in[i], values_out[i]);
	pass();
}
#else
int main(int argc, char **argv)
{
	skip("written for x86_64");
}
#endif
