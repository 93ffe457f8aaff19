// SPDX-License-Identifier: GPL-2.0-only
/* criu restore. */
#include "criu/commands/commands.h"

#include <errno.h>

#include "criu/util/log.h"

int command_restore(const struct options *options)
{
	return log_fail(-ENOSYS, "restore: not linked");
}
