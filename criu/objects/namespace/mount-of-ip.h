/* SPDX-License-Identifier: GPL-2.0-only */
/* Mount namespaces as `ip netns exec` makes them. */
#ifndef CRIU_OBJECTS_NAMESPACE_MOUNT_OF_IP_H
#define CRIU_OBJECTS_NAMESPACE_MOUNT_OF_IP_H

#include "criu/objects/kinds.h"

/* The name of the network namespace for which ip(8) has made that in which @task is, or NULL: it differs in more from
 * ours. The arena's. */
const char *mount_of_ip_name(struct dump *dump, const struct task *task);

#endif
