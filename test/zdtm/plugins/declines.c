// SPDX-License-Identifier: GPL-2.0-only
/* Has the hooks, and nothing is its business. */
#include <errno.h>

#include "criu-plugin.h"

static int no_file(int fd, int id)
{
	return -ENOTSUP;
}

static int no_mapping(int fd, const struct stat *st)
{
	return -ENOTSUP;
}

CR_PLUGIN_REGISTER_DUMMY("declining_plugin")
CR_PLUGIN_REGISTER_HOOK(CR_PLUGIN_HOOK__DUMP_EXT_FILE, no_file)
CR_PLUGIN_REGISTER_HOOK(CR_PLUGIN_HOOK__HANDLE_DEVICE_VMA, no_mapping)
