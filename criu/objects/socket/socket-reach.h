/* SPDX-License-Identifier: GPL-2.0-only */
/* A socket that has not all of its usual state for a moment, and how whoever repairs after our death gets at it: by the
 * descriptor of its task, or, where it is in flight and only we have one, by a passage that all of us share. */
#ifndef CRIU_OBJECTS_SOCKET_SOCKET_REACH_H
#define CRIU_OBJECTS_SOCKET_SOCKET_REACH_H

#include <sys/types.h>

struct fd_info;

struct socket_reach {
	volatile pid_t pid; /* process or thread whose descriptor @fd it is; 0: there is none; REACH_PASSAGE */
	int fd;
	int passage[2]; /* a pair of sockets */
};

/* Before anybody is forked. -errno, not logged. */
int socket_reach_init(struct socket_reach *reach);
void socket_reach_end(struct socket_reach *reach);
/* @socket, a duplicate of @fd, can be reached until it is cleared. One at a time. -errno, not logged. */
int socket_reach_set(struct socket_reach *reach, const struct fd_info *fd, int socket);
void socket_reach_clear(struct socket_reach *reach);
/* In whoever repairs: a descriptor of the caller, or -errno. */
int socket_reach_open(const struct socket_reach *reach);

#endif
