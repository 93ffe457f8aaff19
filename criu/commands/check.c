// SPDX-License-Identifier: GPL-2.0-only
/* criu check: what this kernel can do. */
#include "criu/commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "criu/kernel/kernel.h"
#include "criu/util/log.h"

static int list_features(void)
{
	for (int i = 0; i < KERNEL_FEATURE_COUNT; i++)
		puts(kernel_feature_name((enum kernel_feature)i));
	return EXIT_SUCCESS;
}

/* Why a feature is missing: the error of its probe where there was one. */
static const char *reason(const struct kernel *kernel, enum kernel_feature feature)
{
	int error = kernel->errors[feature];

	return error ? strerror(-error) : "this kernel does not have it";
}

static int check_feature(struct kernel *kernel, const char *name)
{
	enum kernel_feature feature;

	if (kernel_find_feature(name, &feature) < 0)
		return log_fail(-EINVAL, "check: unknown feature '%s': 'criu check --feature list' names all", name);
	if (!kernel_has(kernel, feature))
		return log_fail(-EOPNOTSUPP, "check: '%s' is not supported (%s): %s", name,
				kernel_feature_text(feature), reason(kernel, feature));
	printf("%s is supported\n", name);
	return 0;
}

static int check_features(struct kernel *kernel, const struct text_list *names)
{
	int result = 0;

	for (size_t i = 0; i < names->nr; i++) {
		int error;

		if (!strcmp(names->items[i], "list"))
			return list_features();
		error = check_feature(kernel, names->items[i]);
		result = result ?: error;
	}
	return result;
}

/* Number of missing features of one category, each named in the log. */
static int count_missing(struct kernel *kernel, enum kernel_category category)
{
	int missing = 0;

	for (int i = 0; i < KERNEL_FEATURE_COUNT; i++) {
		enum kernel_feature feature = (enum kernel_feature)i;

		if (kernel_feature_category(feature) != category || kernel_has(kernel, feature))
			continue;
		missing++;
		if (category == KERNEL_REQUIRED)
			log_error("check: '%s' is needed (%s): %s", kernel_feature_name(feature),
				  kernel_feature_text(feature), reason(kernel, feature));
		else
			log_warn("check: '%s' is missing (%s): %s", kernel_feature_name(feature),
				 kernel_feature_text(feature), reason(kernel, feature));
	}
	return missing;
}

static int check_categories(struct kernel *kernel, const struct options *options)
{
	bool extra = options->check_extra || options->check_all;
	bool experimental = options->check_experimental || options->check_all;
	int missing = 0;

	if (count_missing(kernel, KERNEL_REQUIRED))
		return log_fail(-EOPNOTSUPP, "Does not look good.");
	if (extra)
		missing += count_missing(kernel, KERNEL_EXTRA);
	if (experimental)
		missing += count_missing(kernel, KERNEL_EXPERIMENTAL);
	if (!missing) {
		puts("Looks good.");
		return EXIT_SUCCESS;
	}
	puts("Looks good but some kernel features are missing\n"
	     "(the log names them): process trees that use these\n"
	     "kinds of state cannot be dumped or restored here.");
	return EXIT_FAILURE;
}

int command_check(const struct options *options)
{
	struct kernel kernel;
	int result;

	kernel_init(&kernel);
	kernel_load_cache(&kernel);
	if (options->features.nr)
		result = check_features(&kernel, &options->features);
	else
		result = check_categories(&kernel, options);
	/* Without a place to keep it, the next run asks again. */
	kernel_save_cache(&kernel);
	return fflush(stdout) ? log_errno(errno, "check: standard output") : result;
}
