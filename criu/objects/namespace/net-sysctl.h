/* SPDX-License-Identifier: GPL-2.0-only */
/* Single files below /proc/sys/net, which shows the network namespace of who looks (net/sysctl_net.c). */
#ifndef CRIU_OBJECTS_NAMESPACE_NET_SYSCTL_H
#define CRIU_OBJECTS_NAMESPACE_NET_SYSCTL_H

#include <stdbool.h>

#include "criu/objects/kinds.h"

#define NET_SYSCTL "/proc/sys/net"

/* "ipv4/conf/all/forwarding"; without the newline, to be freed. */
int net_sysctl_read(const char *name, char **ret_text);
/* Only if it has another value. What this kernel does not have is an error, or left out with a warning (--weak-sysctls).
 * Logged. */
int net_sysctl_set(const struct restore *restore, const char *name, const char *text);
/* Is it kept in the lists of netns_entry and net_device_entry? */
bool net_sysctl_is_listed(const char *name);

#endif
