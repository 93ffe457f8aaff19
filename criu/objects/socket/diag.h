/* SPDX-License-Identifier: GPL-2.0-only */
/* What sock_diag(7) tells of sockets: one list a network namespace, family and protocol, made when first asked for. */
#ifndef CRIU_OBJECTS_SOCKET_DIAG_H
#define CRIU_OBJECTS_SOCKET_DIAG_H

#include <stddef.h>
#include <stdint.h>

struct dump;
struct fd_info;

struct diag_socket {
	uint32_t inode;
	uint64_t cookie;
	/* The message: struct unix_diag_msg, inet_diag_msg, packet_diag_msg or netlink_diag_msg, aligned, of its full
	 * size. Attributes follow. */
	const void *message;
	size_t size;
	size_t header; /* bytes before the attributes */
};

/* The entry of @fd, which is a socket. *@ret_socket is NULL when the kernel lists none such: it lacks the protocol, or
 * the module that lists it. -errno, logged. */
int diag_find(struct dump *dump, const struct fd_info *fd, const struct diag_socket **ret_socket);
/* In the same list as @fd: the socket with that inode, also one of somebody outside of the tree; NULL: there is none. */
int diag_find_inode(struct dump *dump, const struct fd_info *fd, uint32_t inode,
		    const struct diag_socket **ret_socket);
/* The whole list that @fd is in, by inode. */
int diag_find_all(struct dump *dump, const struct fd_info *fd, const struct diag_socket **ret_sockets,
		  size_t *ret_nr);
/* How many connections to the listener @fd, at @port (network order), were half open when its list was made; -errno. */
int diag_half_open(struct dump *dump, const struct fd_info *fd, uint16_t port);

/* An attribute of at least @minimum bytes, or NULL; not aligned. @ret_size may be NULL. */
const void *diag_get(const struct diag_socket *socket, uint16_t type, size_t minimum, size_t *ret_size);
uint32_t diag_get_u32(const struct diag_socket *socket, uint16_t type, uint32_t absent);
uint8_t diag_get_u8(const struct diag_socket *socket, uint16_t type, uint8_t absent);

#endif
