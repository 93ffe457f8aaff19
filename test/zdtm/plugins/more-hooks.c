// SPDX-License-Identifier: GPL-2.0-only
/* Has hooks that nobody knows. */
#include "criu-plugin.h"

cr_plugin_desc_t CR_PLUGIN_DESC = {
	.name = "hooked_plugin",
	.version = CRIU_PLUGIN_VERSION,
	.max_hooks = CR_PLUGIN_HOOK__MAX + 1,
};
