// SPDX-License-Identifier: GPL-2.0-only
/* What is refused before anything is touched: options of features that are missing, and contradictions. */
#include "criu/options/table.h"

#include <errno.h>
#include <string.h>

#include "criu/util/log.h"
#include "criu/util/macros.h"

static int check_support(const struct options *options)
{
	int error = 0;

	if (verb_table[options->verb].support == OPTION_MISSING)
		error = log_fail(-ENOTSUP, "%s: not available in this build", options_verb_name(options->verb));
	for (size_t i = 0; i < ARRAY_SIZE(option_table); i++)
		if (options->given[i] && option_table[i].support == OPTION_MISSING)
			error = log_fail(-ENOTSUP, "--%s: not available in this build", option_table[i].name);
	return error;
}

static bool lists_steps(const struct options *options)
{
	return options->fault_step && !strcmp(options->fault_step, "list");
}

static int check_dump(const struct options *options)
{
	int error = 0;

	if (!options->tree && !lists_steps(options))
		error = log_fail(-EINVAL, "%s: --tree PID is missing", options_verb_name(options->verb));
	if (options->leave_running && options->leave_stopped)
		error = log_fail(-EINVAL, "--leave-running and --leave-stopped exclude each other");
	return error;
}

static bool is_profile(const char *text)
{
	static const char *const types[] = { "apparmor:", "selinux:" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strncmp(text, types[i], strlen(types[i])) && text[strlen(types[i])])
			return true;
	return !strcmp(text, "none");
}

static int check_restore(const struct options *options)
{
	int error = 0;

	if (options->tree)
		log_warn("restore: --tree is obsolete: pids are those of the images");
	if (options->restore_sibling && !options->restore_detached)
		error = log_fail(-EINVAL, "--restore-sibling needs --restore-detached");
	if (options->lsm_profile && !is_profile(options->lsm_profile))
		error = log_fail(-EINVAL, "--lsm-profile: '%s' is neither apparmor:NAME nor selinux:NAME, nor none",
				 options->lsm_profile);
	if (options->exec_cmd && options->restore_detached)
		error = log_fail(-EINVAL, "--exec-cmd and --restore-detached exclude each other");
	return error;
}

int options_check(const struct options *options)
{
	int error = check_support(options);
	int verb = 0;

	if (options->verb == VERB_DUMP || options->verb == VERB_PRE_DUMP)
		verb = check_dump(options);
	else if (options->verb == VERB_RESTORE)
		verb = check_restore(options);
	if (options->log_pid && (!options->log_file || !strcmp(options->log_file, "-")))
		verb = log_fail(-EINVAL, "--log-pid needs --log-file");
	if (options->exec_cmd && options->verb != VERB_RESTORE)
		verb = log_fail(-EINVAL, "%s: --exec-cmd is for restore", options_verb_name(options->verb));
	return error ?: verb;
}
