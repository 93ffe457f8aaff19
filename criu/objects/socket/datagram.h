/* SPDX-License-Identifier: GPL-2.0-only */
/* Datagrams of IPv4 and IPv6 that wait to be read. */
#ifndef CRIU_OBJECTS_SOCKET_DATAGRAM_H
#define CRIU_OBJECTS_SOCKET_DATAGRAM_H

#include <stdbool.h>

#include "criu/objects/socket/inet.h"

struct fd_info;

/* Fills record->queue from @socket, a duplicate of @fd, whose queue stays as it is. -errno, logged. */
int datagram_dump(struct dump *dump, const struct fd_info *fd, int socket, InetSkEntry *record);
/* Checks the queue of a record. */
bool datagram_is_proper(const InetDatagramEntry *record);
/* Puts record->queue into the queue of @fd, which has no address yet, and has none again afterwards. What the kernel
 * does not take is counted in a warning. -errno, logged. */
int datagram_fill(const struct file *file, const struct inet_socket *inet, int fd);

#endif
