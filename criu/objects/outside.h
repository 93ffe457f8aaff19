/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors of processes outside of the dumped tree: who else holds a pipe, or a description of ours. */
#ifndef CRIU_OBJECTS_OUTSIDE_H
#define CRIU_OBJECTS_OUTSIDE_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct arena;
struct dump;
struct task_list;

struct outside_fd {
	pid_t pid;
	int fd;
	const char *link; /* text of the link in /proc/PID/fd */
	const char *comm;
};

/* Those whose link has the text @link; *@ret_fds points to the first of them. Looks at all processes when first
 * called in a run, which costs what the machine has of them. Returns how many there are, or -errno, logged. */
ssize_t outside_find_fds(struct dump *dump, const char *link, const struct outside_fd **ret_fds);

/* Does somebody outside of @tasks (NULL: of this process) have the file open that @inode tells of? The text of its
 * links ends in "/NAME", or in "/NAME (deleted)". @kind_state is that of the run. 1: *@ret_fd is one; 0; or -errno, logged. */
int outside_find_inode(void **kind_state, struct arena *arena, const struct task_list *tasks,
		       const char *name, const struct stat *inode, const struct outside_fd **ret_fd);

/* "process 12 (bash)"; without a name when there is no such process any more. */
const char *outside_describe(struct arena *arena, pid_t pid);

#endif
