/* SPDX-License-Identifier: GPL-2.0-only */
/* The code that a kernel maps into each task (vdso(7)), as the shared library that it is. */
#ifndef CRIU_KERNEL_VDSO_H
#define CRIU_KERNEL_VDSO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "criu/util/build-id.h"

#define VDSO_SYMBOLS_MAX 32
#define VDSO_NAME_SIZE 64

/* A function that programs may call. */
struct vdso_symbol {
	char name[VDSO_NAME_SIZE];
	uint32_t offset; /* from the start of the code */
	uint32_t room;	 /* bytes that are its own from there on, padding included */
};

struct vdso {
	struct vdso_symbol symbols[VDSO_SYMBOLS_MAX]; /* by offset */
	unsigned int nr_symbols;
	uint8_t build_id[BUILD_ID_MAX];
	int build_id_length; /* 0: it has none */
};

/* Reads the vdso of @size bytes at @memory, which may be anybody's. -EBADMSG: it is none of this architecture, or
 * damaged. */
int vdso_parse(const void *memory, size_t size, struct vdso *ret);
/* NULL without one. */
const struct vdso_symbol *vdso_find(const struct vdso *vdso, const char *name);
/* Are they of one build of the kernel? Then all lies at the same places, though a processor may have other
 * alternatives of some instructions. */
bool vdso_same_build(const struct vdso *a, const struct vdso *b);

#endif
