/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of a socket that are others than its owner set while its queue is read: in memory that the guardian shares. */
#ifndef CRIU_OBJECTS_SOCKET_PEEK_GUARD_H
#define CRIU_OBJECTS_SOCKET_PEEK_GUARD_H

#include "criu/objects/socket/socket-reach.h"

struct fd_info;

#define PEEK_OPTIONS_MAX 4

/* Of SOL_SOCKET. */
struct peek_option {
	int option, value;
};

struct peek_guard {
	struct socket_reach reach;
	unsigned int nr;
	struct peek_option usual[PEEK_OPTIONS_MAX];
};

/* Notes the @nr @options of @socket, a duplicate of @fd, which may be set until the end; those that the kernel lacks are
 * left out. One at a time. -errno, not logged. */
int peek_guard_begin(struct peek_guard *guard, const struct fd_info *fd, int socket, const int *options,
		     unsigned int nr);
/* What its owner set; @absent: it is not noted. */
int peek_guard_usual(const struct peek_guard *guard, int option, int absent);
int peek_guard_end(struct peek_guard *guard, int socket);

/* Sets the peek offset of @socket, a duplicate of @fd, until it is put back. One at a time. -errno, not logged. */
int peek_guard_move(struct peek_guard *guard, const struct fd_info *fd, int socket, int offset);
int peek_guard_put_back(struct peek_guard *guard, int socket);
/* In whoever repairs. */
void peek_guard_repair(const struct peek_guard *guard);

#endif
