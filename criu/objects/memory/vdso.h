/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two ways share to give a restored task a vdso: the kernel's own in its old place, or a proxy. */
#ifndef CRIU_OBJECTS_MEMORY_VDSO_H
#define CRIU_OBJECTS_MEMORY_VDSO_H

#include <stdbool.h>
#include <stdint.h>

#include "criu/kernel/vdso.h"

struct page_source;
struct restore;
struct task;

#define VDSO_PARTS_MAX 8
#define VDSO_SIZE_MAX (1UL << 20)

/* vdso and vvar as they lie together, relative to the lowest. */
struct vdso_part {
	uint64_t offset, size;
	bool code;
};

struct vdso_layout {
	struct vdso_part parts[VDSO_PARTS_MAX];
	unsigned int nr;
	uint64_t start;		  /* of the lowest part */
	uint64_t end;		  /* of the highest */
	uint64_t code, code_size; /* address of the code; 0: none */
};

/* The vdso of a kernel: where it lies, what it has, its code. */
struct vdso_source {
	const struct vdso_layout *layout;
	struct vdso vdso;
	const uint8_t *code;
};

/* Plans for @task to keep its vdso, @old, as memory of its own whose entries jump to the kernel's, @new, at another
 * place. Refuses what stands against it. */
int vdso_make_proxy(struct restore *restore, struct task *task, const struct vdso_source *old,
		    const struct vdso_source *new, struct page_source *pages);

#endif
