/* SPDX-License-Identifier: GPL-2.0-only */
/* Sysctls of a network namespace that are not those of a new one. */
#ifndef CRIU_OBJECTS_NAMESPACE_NET_SETTINGS_H
#define CRIU_OBJECTS_NAMESPACE_NET_SETTINGS_H

#include <sys/queue.h>

#include "criu/objects/kinds.h"

struct net_setting_found {
	STAILQ_ENTRY(net_setting_found) link;
	const char *name, *text;
	bool is_usual;
};

STAILQ_HEAD(net_settings_found, net_setting_found);

/* All, each marked if it is usual. The calling process is in the namespace. Logged. */
int net_settings_find_unusual(struct dump *dump, struct net_settings_found *ret_found);

#endif
