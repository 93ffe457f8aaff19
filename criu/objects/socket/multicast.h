/* SPDX-License-Identifier: GPL-2.0-only */
/* Multicast groups that a socket is a member of, their sources, and devices that it sends by. */
#ifndef CRIU_OBJECTS_SOCKET_MULTICAST_H
#define CRIU_OBJECTS_SOCKET_MULTICAST_H

#include "criu/objects/socket/inet.h"

/* Fills memberships and devices of @record. -errno, logged. */
int multicast_dump(struct dump *dump, const struct fd_info *fd, int socket, InetSkEntry *record);
/* Checks them; refuses what is of devices that are not here. -errno, logged. */
int multicast_load(struct restore *restore, const struct file *file, const InetSkEntry *record);
/* -errno, logged. */
int multicast_set(const struct file *file, const InetSkEntry *record, int fd);

#endif
