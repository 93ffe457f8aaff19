// SPDX-License-Identifier: GPL-2.0-only
/* Made for an earlier version, with fewer hooks: what lies behind them is not the descriptor's. */
#include <stdlib.h>

#include "criu-plugin.h"

extern struct {
	const char *name;
	void *init, *exit;
	unsigned int version, max_hooks;
	void *hooks[9];
	void (*behind[6])(void);
} CR_PLUGIN_DESC_SHORT __asm__("CR_PLUGIN_DESC");

__typeof__(CR_PLUGIN_DESC_SHORT) CR_PLUGIN_DESC_SHORT = {
	.name = "shorter_plugin",
	.version = CRIU_PLUGIN_GEN_VERSION(0, 1, 5),
	.max_hooks = 9,
	.behind = { abort, abort, abort, abort, abort, abort },
};
