/* SPDX-License-Identifier: GPL-2.0-only */
/* What a socket is, read through a duplicate of its descriptor. The families are the kinds of this folder. */
#ifndef CRIU_OBJECTS_SOCKET_SOCKET_H
#define CRIU_OBJECTS_SOCKET_SOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct dump;
struct fd_info;

struct socket_info {
	int family, type, protocol; /* AF_*, SOCK_*, SO_PROTOCOL */
	uint64_t cookie;	    /* SO_COOKIE: never used again, unlike the inode */
	ino_t net_ns;		    /* inode of its network namespace */
	bool own_net_ns;	    /* not ours */
};

/* Is this a socket at all? Not an O_PATH descriptor of a socket's file. */
bool socket_is(const struct fd_info *fd);
/* Is it one of this family and protocol (-1: any)? For fd_kind.matches. */
bool socket_is_of(const struct fd_info *fd, int family, int protocol);
/* "sockets of family AF_VSOCK (40), type 1, protocol 0" */
const char *socket_name(struct dump *dump, const struct socket_info *info);
/* Tells the log of a queue of errors, which can only be read once, so that it is not kept. */
void socket_note_errors(struct dump *dump, const struct fd_info *fd, int socket);
/* A descriptor of NETLINK_SOCK_DIAG (or whatever) in the network namespace of @fd. -errno, not logged. */
int socket_open_beside(const struct fd_info *fd, int family, int type, int protocol);

#endif
