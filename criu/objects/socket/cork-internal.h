/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of datagrams in the making share. */
#ifndef CRIU_OBJECTS_SOCKET_CORK_INTERNAL_H
#define CRIU_OBJECTS_SOCKET_CORK_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "criu/objects/socket/inet.h"

/* What of a datagram goes to the kernel once more. */
struct cork {
	bool v6; /* of the packet, which may be one of IPv4 although the socket is of IPv6 */
	union inet_address to;
	uint8_t from[16];
	int ttl, tos; /* -1: that of the socket */
	bool has_mark;
	uint32_t mark;
	const void *data;
	size_t size;
};

/* Sends it with MSG_MORE on @socket, of @family. -errno. */
int cork_begin(int socket, int family, const struct cork *cork);

#endif
