/* SPDX-License-Identifier: GPL-2.0-only */
/* --tcp-map: sockets get another local address than they had. */
#ifndef CRIU_OBJECTS_SOCKET_INET_MAP_H
#define CRIU_OBJECTS_SOCKET_INET_MAP_H

struct restore;
struct file;
struct inet_socket;
union inet_address;

/* In a load, when the addresses of @inet are known. Refuses a connection that cannot move. */
void inet_map_addresses(struct restore *restore, const struct file *file, struct inet_socket *inet);
/* Refuses a connection with a peer outside of the tree if its local address is to change. */
void inet_map_stranger(struct restore *restore, const struct file *file, const union inet_address *local,
		       const union inet_address *peer);

#endif
