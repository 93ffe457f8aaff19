// SPDX-License-Identifier: GPL-2.0-only
/* Made for a later version of the interface. */
#include "criu-plugin.h"

cr_plugin_desc_t CR_PLUGIN_DESC = { .name = "newer_plugin", .version = CRIU_PLUGIN_VERSION + 1, .max_hooks = 1 };
