/* SPDX-License-Identifier: GPL-2.0-only */
/* The peek offset of a socket while it is another one than its owner set: in memory that the guardian shares. */
#ifndef CRIU_OBJECTS_SOCKET_PEEK_GUARD_H
#define CRIU_OBJECTS_SOCKET_PEEK_GUARD_H

#include <sys/types.h>

struct fd_info;

struct peek_guard {
	volatile pid_t pid; /* whose descriptor @fd it is; 0: nothing is changed */
	int fd, offset;
};

/* Sets the peek offset of @socket, a duplicate of @fd, until it is put back. One at a time. -errno, not logged. */
int peek_guard_move(struct peek_guard *guard, const struct fd_info *fd, int socket, int offset);
int peek_guard_put_back(struct peek_guard *guard, int socket);
/* In whoever repairs. */
void peek_guard_repair(const struct peek_guard *guard);

#endif
