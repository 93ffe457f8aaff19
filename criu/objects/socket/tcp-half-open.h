/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections that a listener has answered, but the peer has not confirmed (SYN_RECV). They have no descriptor. */
#ifndef CRIU_OBJECTS_SOCKET_TCP_HALF_OPEN_H
#define CRIU_OBJECTS_SOCKET_TCP_HALF_OPEN_H

#include <stdbool.h>
#include <stdint.h>

struct dump;
struct fd_info;

/* How many there are at the local @port (network order). They are counted once for all ports in the survey, and once more
 * when traffic is locked (@locked). -errno, logged. */
int tcp_half_open(struct dump *dump, const struct fd_info *fd, uint16_t port, bool locked);

#endif
