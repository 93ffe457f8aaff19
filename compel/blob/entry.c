// SPDX-License-Identifier: LGPL-2.1-only
/* Where a blob begins: makes its data writable if told to (or spins with the error), calls entry(), leaves its result
 * and then the caller's token where the stack began, and sleeps until it is taken home; all signals are blocked. Under
 * seccomp it spins, because a filter would see the system call if our tracer died. Arguments: struct compel_entry. The
 * stub at offset 8 is the same as that in the vdso (COMPEL_BLOB_STUB). */
#include <compel/blob/entry.h>

#if defined(__x86_64__)
__asm__(".pushsection .text.entry, \"ax\", @progbits\n"
	".globl compel_blob_start\n"
	".hidden compel_blob_start\n"
	".type compel_blob_start, @function\n"
	"compel_blob_start:\n"
	"	jmp 3f\n"
	"	.balign 8\n"
	"1:	.byte 0xeb, 0x00\n"
	"	syscall\n"
	"2:	pause\n"
	"	jmp 2b\n"
	"3:	xorl %ebp, %ebp\n"
	"	movq %rsp, %rbx\n"
	"	movq %rdx, %r12\n"
	"	movq %r10, %r15\n"
	"	testq %r9, %r9\n"
	"	jz 4f\n"
	"	movq %rdi, %r13\n"
	"	movq %rsi, %r14\n"
	"	movq %r8, %rdi\n"
	"	movq %r9, %rsi\n"
	"	movl $3, %edx\n"  /* PROT_READ | PROT_WRITE */
	"	movl $10, %eax\n" /* mprotect */
	"	syscall\n"
	"	testq %rax, %rax\n"
	"	jnz 2b\n"
	"	movq %r13, %rdi\n"
	"	movq %r14, %rsi\n"
	"4:	call entry\n"
	"	movq %rax, (%rbx)\n"
	"	movq %r12, 8(%rbx)\n"
	"	testq %r15, %r15\n"
	"	jnz 2b\n"
	"	movl $34, %eax\n" /* pause */
	"	jmp 1b\n"
	".size compel_blob_start, . - compel_blob_start\n"
	".popsection\n");
#elif defined(__aarch64__)
__asm__(".pushsection .text.entry, \"ax\", %progbits\n"
	".globl compel_blob_start\n"
	".hidden compel_blob_start\n"
	".type compel_blob_start, %function\n"
	"compel_blob_start:\n"
	"	b 3f\n"
	"	nop\n"
	"1:	svc #0\n"
	"2:	b 2b\n"
	"3:	mov x29, xzr\n"
	"	mov x30, xzr\n"
	"	mov x19, sp\n"
	"	mov x20, x2\n"
	"	mov x23, x5\n"
	"	cbz x4, 4f\n"
	"	mov x21, x0\n"
	"	mov x22, x1\n"
	"	mov x0, x3\n"
	"	mov x1, x4\n"
	"	mov x2, #3\n"	/* PROT_READ | PROT_WRITE */
	"	mov x8, #226\n" /* mprotect */
	"	svc #0\n"
	"	cbnz x0, 2b\n"
	"	mov x0, x21\n"
	"	mov x1, x22\n"
	"4:	bl entry\n"
	"	str x0, [x19]\n"
	"	add x19, x19, #8\n"
	"	stlr x20, [x19]\n"
	"	cbnz x23, 2b\n"
	"	mov x0, xzr\n"
	"	mov x1, xzr\n"
	"	mov x2, xzr\n"
	"	mov x3, xzr\n"
	"	mov x8, #73\n" /* ppoll */
	"	b 1b\n"
	".size compel_blob_start, . - compel_blob_start\n"
	".popsection\n");
#endif
