/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors of processes outside of the dumped tree: who else holds a pipe, or a description of ours. */
#ifndef CRIU_OBJECTS_OUTSIDE_H
#define CRIU_OBJECTS_OUTSIDE_H

#include <stddef.h>
#include <sys/types.h>

struct arena;
struct dump;

struct outside_fd {
	pid_t pid;
	int fd;
	const char *link; /* text of the link in /proc/PID/fd */
	const char *comm;
};

/* Those whose link has the text @link; *@ret_fds points to the first of them. Looks at all processes when first
 * called in a run, which costs what the machine has of them. Returns how many there are, or -errno, logged. */
ssize_t outside_find_fds(struct dump *dump, const char *link, const struct outside_fd **ret_fds);

/* "process 12 (bash)"; without a name when there is no such process any more. */
const char *outside_describe(struct arena *arena, pid_t pid);

#endif
