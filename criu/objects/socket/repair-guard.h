/* SPDX-License-Identifier: GPL-2.0-only */
/* A TCP socket while criu reads what only the repair mode tells: in memory that the guardian shares, so that the mode
 * ends when we are killed in it. */
#ifndef CRIU_OBJECTS_SOCKET_REPAIR_GUARD_H
#define CRIU_OBJECTS_SOCKET_REPAIR_GUARD_H

#include <sys/types.h>

struct fd_info;

#define PEEK_OFFSET_NONE (-2)

struct repair_guard {
	volatile pid_t pid; /* whose descriptor @fd it is; 0: none is in repair mode */
	int fd;
	/* What changes meanwhile: the mode forces the first; the others are ours. */
	int reuse_address, urgent_inline;
	int peek_offset; /* PEEK_OFFSET_NONE: TCP has none on this kernel */
};

/* Puts @socket, a duplicate of @fd, into repair mode until the end. One at a time. -errno, not logged. */
int repair_guard_begin(struct repair_guard *guard, const struct fd_info *fd, int socket);
int repair_guard_end(struct repair_guard *guard, int socket);
/* In whoever repairs. */
void repair_guard_repair(const struct repair_guard *guard);

#endif
