// SPDX-License-Identifier: GPL-2.0-only
/* criu restore. */
#include <stdio.h>
#include <string.h>

#include "criu/commands/commands.h"
#include "criu/restore/run.h"
#include "criu/util/log.h"

int command_restore(const struct options *options)
{
	int error;

	if (options->fault_step && !strcmp(options->fault_step, "list")) {
		restore_print_steps(stdout);
		return 0;
	}
	error = restore_run(options);
	if (error < 0)
		log_info("Restoring FAILED.");
	return error;
}
