// SPDX-License-Identifier: GPL-2.0-only
/* criu check. */
#include "criu/commands/commands.h"

#include <errno.h>

#include "criu/util/log.h"

int command_check(const struct options *options)
{
	return log_fail(-ENOSYS, "check: not linked");
}
