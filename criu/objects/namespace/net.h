/* SPDX-License-Identifier: GPL-2.0-only */
/* What others want to know of network namespaces. */
#ifndef CRIU_OBJECTS_NAMESPACE_NET_H
#define CRIU_OBJECTS_NAMESPACE_NET_H

#include <stdbool.h>

struct dump;
struct namespace;

/* Somebody gives it, or what is in it, at the restore: --external, --empty-ns. */
bool net_is_given(const struct dump *dump, const struct namespace *namespace);

#endif
