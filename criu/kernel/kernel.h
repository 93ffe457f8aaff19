/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running kernel can do: probed by trying, when first asked, and remembered. */
#ifndef CRIU_KERNEL_KERNEL_H
#define CRIU_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

enum kernel_feature {
#define FEATURE(id, ...) KERNEL_##id,
#include "criu/kernel/features.def"
#undef FEATURE
	KERNEL_FEATURE_COUNT,
};

enum kernel_category {
	KERNEL_REQUIRED,
	KERNEL_EXTRA,
	KERNEL_EXPERIMENTAL,
	KERNEL_INFO,
};

enum kernel_answer {
	KERNEL_NOT_ASKED,
	KERNEL_YES,
	KERNEL_NO,
};

struct kernel {
	uint8_t answers[KERNEL_FEATURE_COUNT]; /* enum kernel_answer */
	int errors[KERNEL_FEATURE_COUNT];      /* negative errno of a probe that could not find out, or 0 */
	unsigned int probes_run;
	bool has_news; /* a yes that the cache does not have */
};

/* Nothing is probed yet. */
void kernel_init(struct kernel *kernel);

/* Leaves nothing behind: no child, descriptor, mount or namespace. What could not be found out is false. */
bool kernel_has(struct kernel *kernel, enum kernel_feature feature);

const char *kernel_feature_name(enum kernel_feature feature);
const char *kernel_feature_text(enum kernel_feature feature);
enum kernel_category kernel_feature_category(enum kernel_feature feature);
/* -ENOENT for a name that is not in the list. */
int kernel_find_feature(const char *name, enum kernel_feature *ret_feature);

/* Answers of earlier runs since boot: criu.kdat in /run, or in $XDG_RUNTIME_DIR without privileges. Kept only on a
 * tmpfs and only for the same boot, build, user and capabilities; a "no" is not kept, since a module may be loaded.
 * Loading: 0, or -errno when there is nothing to be used, which is no failure. Saving does nothing without news. */
int kernel_load_cache(struct kernel *kernel);
int kernel_save_cache(struct kernel *kernel);
/* The same in a directory of the caller's choice, whatever file system it is on. */
int kernel_load_cache_at(struct kernel *kernel, int dir_fd);
int kernel_save_cache_at(struct kernel *kernel, int dir_fd);

#endif
