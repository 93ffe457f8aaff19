// SPDX-License-Identifier: GPL-2.0-only
/* criu dump. */
#include "criu/commands/commands.h"

#include <errno.h>

#include "criu/util/log.h"

int command_dump(const struct options *options)
{
	return log_fail(-ENOSYS, "dump: not linked");
}
