// SPDX-License-Identifier: GPL-2.0-only
/* The way into a verb: privileges, image directory, work directory, log. */
#include "criu/commands/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "criu/options/table.h"
#include "criu/util/log.h"

static int open_images(struct options *options)
{
	int fd = open(options->images_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return log_errno(errno, "image directory: '%s'", options->images_dir);
	options->images_fd = fd;
	return 0;
}

static int enter_work_dir(const struct options *options)
{
	const char *path = options->work_dir ?: options->images_dir;
	bool is_images = !options->work_dir && options->images_fd >= 0;

	if ((is_images ? fchdir(options->images_fd) : chdir(path)) < 0)
		return log_errno(errno, "work directory: '%s'", path);
	return 0;
}

static int open_log(const struct options *options)
{
	int error = log_open(AT_FDCWD, options->log_file);

	if (error < 0)
		return log_errno(error, "log file: '%s'", options->log_file ?: "standard error");
	log_write_heading();
	return 0;
}

int command_enter(struct options *options)
{
	const struct verb_row *verb = &verb_table[options->verb];
	int error = 0;

	log_set_level(options->verbosity);
	if (verb->privileged && geteuid() != 0)
		return log_errno(EPERM, "%s: needs root, runs as user '%u'", verb->name, geteuid());
	if (verb->images)
		error = open_images(options);
	error = error ?: enter_work_dir(options);
	return error ?: open_log(options);
}
