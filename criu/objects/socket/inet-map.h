/* SPDX-License-Identifier: GPL-2.0-only */
/* --tcp-map: sockets get another local address than they had. */
#ifndef CRIU_OBJECTS_SOCKET_INET_MAP_H
#define CRIU_OBJECTS_SOCKET_INET_MAP_H

struct restore;
struct file;
struct inet_socket;

/* In a load, when the addresses of @inet are known. Refuses a connection that cannot move. */
void inet_map_addresses(struct restore *restore, const struct file *file, struct inet_socket *inet);

#endif
