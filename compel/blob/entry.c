// SPDX-License-Identifier: LGPL-2.1-only
/* Where a blob begins: calls entry(), leaves its result and then the caller's token where the stack began, and spins
 * until it is taken home. The stub at offset 8 is the same as that in the vdso (COMPEL_BLOB_STUB). */
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
	"	call entry\n"
	"	movq %rax, (%rbx)\n"
	"	movq %r12, 8(%rbx)\n"
	"	jmp 2b\n"
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
	"	bl entry\n"
	"	str x0, [x19]\n"
	"	add x19, x19, #8\n"
	"	stlr x20, [x19]\n"
	"	b 2b\n"
	".size compel_blob_start, . - compel_blob_start\n"
	".popsection\n");
#endif
