// SPDX-License-Identifier: GPL-2.0-only
/* criu: the table of verbs, and from the words of the user to an exit code. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "criu/commands/commands.h"
#include "criu/options/options.h"
#include "criu/util/log.h"

static int (*const commands[VERB_NR])(const struct options *) = {
	[VERB_DUMP] = command_dump,
	[VERB_RESTORE] = command_restore,
	[VERB_CHECK] = command_check,
	[VERB_CPUINFO] = command_cpuinfo,
};

/* A file that we open must never become somebody's standard output. */
static void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int run(struct options *options, int argc, char **argv)
{
	int exit_code, result;

	if (options_parse(options, argc, argv, &exit_code) != 0)
		return exit_code;
	if (command_enter(options) < 0)
		return EXIT_FAILURE;
	result = commands[options->verb](options);
	return result < 0 ? EXIT_FAILURE : result;
}

int main(int argc, char **argv)
{
	struct options options;
	int exit_code;

	fill_standard_descriptors();
	log_hold();
	/* The cause may be found by a process that works for us. */
	log_share_first_error();
	exit_code = run(&options, argc, argv);
	log_finish(exit_code != EXIT_SUCCESS);
	options_free(&options);
	return exit_code;
}
