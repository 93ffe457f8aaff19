/* SPDX-License-Identifier: GPL-2.0-only */
/* The bytes of a linked blob as an object: BLOB_NAME .. BLOB_NAME_end. */
#define PASTE(a, b) a##b
#define END(name) PASTE(name, _end)
	.section .rodata
	.balign 16
	.globl BLOB_NAME
	.globl END(BLOB_NAME)
	.hidden BLOB_NAME
	.hidden END(BLOB_NAME)
BLOB_NAME:
	.incbin BLOB_FILE
END(BLOB_NAME):
	.section .note.GNU-stack,"",%progbits
