// SPDX-License-Identifier: GPL-2.0-only
/* criu cpuinfo: the processor of this host into an image, or compared with one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "criu/commands/commands.h"
#include "criu/image/directory.h"
#include "criu/objects/cpuinfo.h"
#include "criu/util/log.h"

/* What callers know as "this architecture has none". */
#define EXIT_NOT_SUPPORTED (256 - ENOTSUP)

static void report(void *context, const char *text)
{
	bool *lacks = context;

	*lacks = true;
	log_error("cpuinfo: %s", text);
}

static int compare(const struct image_directory *images, unsigned int what)
{
	bool lacks = false;
	int error = cpuinfo_compare(images, what, report, &lacks);

	if (error == -ENOENT)
		return log_fail(error, "cpuinfo: there is no 'cpuinfo.img' among the images");
	return error ?: lacks ? EXIT_FAILURE : 0;
}

int command_cpuinfo(const struct options *options)
{
	struct image_directory images = { .fd = options->images_fd };
	int result;

	if (!strcmp(options->verb_word, "dump"))
		result = cpuinfo_write(&images);
	else if (!strcmp(options->verb_word, "check"))
		result = compare(&images, options->cpu_capabilities);
	else
		return log_fail(-EINVAL, "cpuinfo: '%s': neither dump nor check", options->verb_word);
	if (result != -ENOTSUP)
		return result;
	log_error("cpuinfo: nothing is known of processors of this architecture");
	return EXIT_NOT_SUPPORTED;
}
