/* SPDX-License-Identifier: GPL-2.0-only */
/* What UDP and raw sockets have in common at a restore: they are made in their network namespace, then get their addresses
 * and groups. Functions log what fails, and return 0 or -errno. */
#ifndef CRIU_OBJECTS_SOCKET_INET_MESSAGE_H
#define CRIU_OBJECTS_SOCKET_INET_MESSAGE_H

struct file;
struct inet_socket;
struct restore;

/* fd_kind.open and reopen: call @open_here in the network namespace of the socket. */
int inet_message_open(struct restore *restore, struct file *file,
		      int (*open_here)(struct restore *restore, struct file *file, int *ret_fd), int *ret_fd);
int inet_message_reopen(struct restore *restore, struct file *file,
			int (*open_here)(struct restore *restore, struct file *file, int *ret_fd));
/* Address, peer, multicast groups, ways of sending. */
int inet_message_complete(struct restore *restore, const struct file *file, const struct inet_socket *inet, int fd);
/* fd_kind.finish. */
int inet_message_finish(struct restore *restore, struct file *file);

#endif
