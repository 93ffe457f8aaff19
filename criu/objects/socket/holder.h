/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets that somebody outside of the tree holds as well. */
#ifndef CRIU_OBJECTS_SOCKET_HOLDER_H
#define CRIU_OBJECTS_SOCKET_HOLDER_H

struct dump;
struct fd_info;

/* Refuses @fd if the tree is to end and somebody else goes on with its socket. -errno, logged. */
int socket_survey_holders(struct dump *dump, const struct fd_info *fd);

#endif
