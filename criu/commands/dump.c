// SPDX-License-Identifier: GPL-2.0-only
/* criu dump. */
#include <stdio.h>
#include <string.h>

#include "criu/commands/commands.h"
#include "criu/dump/run.h"
#include "criu/util/log.h"

int command_dump(const struct options *options)
{
	int error;

	if (options->fault_step && !strcmp(options->fault_step, "list")) {
		dump_print_steps(stdout);
		return 0;
	}
	error = dump_run(options);
	log_info("%s", error ? "Dumping FAILED." : "Dumping finished successfully");
	return error;
}
