/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of options share. */
#ifndef CRIU_OBJECTS_SOCKET_OPTIONS_INTERNAL_H
#define CRIU_OBJECTS_SOCKET_OPTIONS_INTERNAL_H

#include "criu/objects/socket/options.h"

struct arena;

/* Why the filter of a socket cannot be kept, or NULL. */
const char *socket_filter_problem(int socket);
/* Buffers, time-outs, lingering, device, filter. -errno, not logged; *@ret_what names the option. */
int socket_special_dump(struct arena *arena, int socket, SkOptsEntry *options, const char **ret_what);
const char *socket_special_problem(const SkOptsEntry *options);
int socket_special_set(int socket, const SkOptsEntry *options, enum socket_moment moment, const char **ret_what);

#endif
