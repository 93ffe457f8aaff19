// SPDX-License-Identifier: GPL-2.0-only
/* What the running kernel can do: the table of features.def and the memory of answers. */
#include "criu/kernel/kernel.h"

#include <errno.h>
#include <string.h>

#include "criu/kernel/probe.h"
#include "criu/util/macros.h"

struct feature_row {
	const char *name;
	enum kernel_category category;
	int (*probe)(struct kernel *kernel);
	const char *text;
};

static const struct feature_row rows[KERNEL_FEATURE_COUNT] = {
#define FEATURE(id, feature_name, feature_category, feature_probe, feature_text) \
	[KERNEL_##id] = { feature_name, KERNEL_##feature_category, feature_probe, feature_text },
#include "criu/kernel/features.def"
#undef FEATURE
};

void kernel_init(struct kernel *kernel)
{
	*kernel = (struct kernel){ 0 };
}

bool kernel_has(struct kernel *kernel, enum kernel_feature feature)
{
	int result;

	if (kernel->answers[feature] != KERNEL_NOT_ASKED)
		return kernel->answers[feature] == KERNEL_YES;
	result = rows[feature].probe(kernel);
	kernel->probes_run++;
	kernel->answers[feature] = result > 0 ? KERNEL_YES : KERNEL_NO;
	kernel->errors[feature] = MIN(result, 0);
	kernel->has_news |= result > 0;
	return result > 0;
}

const char *kernel_feature_name(enum kernel_feature feature)
{
	return rows[feature].name;
}

const char *kernel_feature_text(enum kernel_feature feature)
{
	return rows[feature].text;
}

enum kernel_category kernel_feature_category(enum kernel_feature feature)
{
	return rows[feature].category;
}

int kernel_find_feature(const char *name, enum kernel_feature *ret_feature)
{
	for (int i = 0; i < KERNEL_FEATURE_COUNT; i++) {
		if (strcmp(rows[i].name, name))
			continue;
		*ret_feature = (enum kernel_feature)i;
		return 0;
	}
	return -ENOENT;
}
