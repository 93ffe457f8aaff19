/* SPDX-License-Identifier: GPL-2.0-only */
/* vdso and vvar as they lie together, and those of this kernel for comparison. */
#ifndef CRIU_OBJECTS_MEMORY_VDSO_H
#define CRIU_OBJECTS_MEMORY_VDSO_H

#include <stdbool.h>
#include <stdint.h>

#define VDSO_PARTS_MAX 8
#define VDSO_SIZE_MAX (1UL << 20)

/* Relative to the lowest. */
struct vdso_part {
	uint64_t offset, size;
	bool code;
};

struct vdso_layout {
	struct vdso_part parts[VDSO_PARTS_MAX];
	unsigned int nr;
	uint64_t start;		  /* of the lowest part */
	uint64_t code, code_size; /* address of the code; 0: none */
};

int vdso_add_part(struct vdso_layout *layout, uint64_t start, uint64_t end, bool code);
/* Those of this process. */
int vdso_own_layout(struct vdso_layout *ret_layout);
/* Those of 32-bit code; ret_layout->code is the address of a copy that the caller frees. */
int vdso_compat_layout(struct vdso_layout *ret_layout);

#endif
