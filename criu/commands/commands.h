/* SPDX-License-Identifier: GPL-2.0-only */
/* What stands behind each verb, and the common way in and out. */
#ifndef CRIU_COMMANDS_COMMANDS_H
#define CRIU_COMMANDS_COMMANDS_H

#include "criu/options/options.h"

/* Each runs one verb with the log open, the work directory as current one and options->images_fd open where the
 * verb uses images. Returns 0; -errno, logged: exit code 1; or a positive number, which is the exit code. */
int command_dump(const struct options *options);
int command_restore(const struct options *options);
int command_check(const struct options *options);
int command_cpuinfo(const struct options *options);

/* Opens the image directory, enters the work directory, opens the log with its first lines. 0 or -errno, logged. */
int command_enter(struct options *options);

#endif
