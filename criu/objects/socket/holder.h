/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets that somebody outside of the tree holds as well. */
#ifndef CRIU_OBJECTS_SOCKET_HOLDER_H
#define CRIU_OBJECTS_SOCKET_HOLDER_H

struct dump;
struct fd_info;

/* Refuses @fd, @what for the message, if the tree is to end and somebody else goes on with its socket. -errno, logged. */
int socket_survey_holders(struct dump *dump, const struct fd_info *fd, const char *what);

/* The survey of simple families: options, owner, network namespace, holders; @look, once a socket, refuses what is
 * particular. @kind: an address of the caller's, for kind_state_get(). */
int socket_survey_simple(struct dump *dump, const struct fd_info *fd, const void *kind,
			 int (*look)(struct dump *dump, const struct fd_info *fd));

#endif
