// SPDX-License-Identifier: LGPL-2.1-only
/* Where a blob begins: calls entry(), reports its result by a marked system call and spins until it is taken home.
 * The stub at offset 8 is the same as that in the vdso (struct layout: COMPEL_BLOB_STUB). */
#include <compel/blob/entry.h>

#if defined(__x86_64__)
__asm__(".pushsection .text.entry, \"ax\", @progbits\n"
	".globl compel_blob_start\n"
	".hidden compel_blob_start\n"
	".type compel_blob_start, @function\n"
	"compel_blob_start:\n"
	"	jmp 3f\n"
	"	.balign 8\n"
	"1:	syscall\n"
	"2:	pause\n"
	"	jmp 2b\n"
	"3:	xorl %ebp, %ebp\n"
	"	andq $-16, %rsp\n"
	"	call entry\n"
	"	movq %rax, %rdx\n"
	"	movabsq $0x434f4d50454c0001, %rdi\n"
	"	movabsq $0x646f6e65646f6e65, %rsi\n"
	"	movl $39, %eax\n" /* getpid */
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
	"	bl entry\n"
	"	mov x2, x0\n"
	"	ldr x0, 4f\n"
	"	ldr x1, 5f\n"
	"	mov x8, #172\n" /* getpid */
	"	b 1b\n"
	"	.balign 8\n"
	"4:	.quad 0x434f4d50454c0001\n"
	"5:	.quad 0x646f6e65646f6e65\n"
	".size compel_blob_start, . - compel_blob_start\n"
	".popsection\n");
#endif
