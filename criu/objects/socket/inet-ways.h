/* SPDX-License-Identifier: GPL-2.0-only */
/* What sockets of IP without a stream have in common: a peer, and ways that are shut down. */
#ifndef CRIU_OBJECTS_SOCKET_INET_WAYS_H
#define CRIU_OBJECTS_SOCKET_INET_WAYS_H

#include "criu/objects/socket/inet.h"

/* Fills record->shutdown. -errno, logged. */
int inet_ways_dump(struct dump *dump, const struct fd_info *fd, int socket, InetSkEntry *record);
/* Connects to the peer, if there was one. -errno, logged. */
int inet_connect(const struct file *file, const struct inet_socket *inet, int fd);
/* Shuts down what was. -errno, logged. */
int inet_ways_close(const struct file *file, const InetSkEntry *record, int fd);

#endif
