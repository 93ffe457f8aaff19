/* SPDX-License-Identifier: GPL-2.0-only */
/* What fcntl gives to any open file: owner, signal, hints. Base of all kinds of descriptors. */
#ifndef CRIU_OBJECTS_FD_OWNER_H
#define CRIU_OBJECTS_FD_OWNER_H

#include <stdint.h>
#include <sys/types.h>

#include "fown.pb-c.h"

struct dump;
struct restore;
struct fd_info;
struct task;

/* A pidfd for pidfd_getfd(2) out of the descriptor table that this thread has. For one that is no leader it takes Linux 6.9.
 * -errno, not logged. */
int fd_open_table(pid_t tid);
/* Duplicates a descriptor of a task into this process; *@ret_fd is the caller's. */
int fd_duplicate(const struct fd_info *fd, int *ret_fd);

/* Learns the owner, and refuses one that will not be there. */
int fd_owner_survey(struct dump *dump, const struct fd_info *fd);
/* Never NULL. Only after the survey. */
FownEntry *fd_owner_dump(struct dump *dump, const struct fd_info *fd);
/* When the owner exists, in a task that has the descriptor. @flags of the record tell of O_ASYNC. */
int fd_owner_restore(const struct task *task, int fd, const FownEntry *owner, uint32_t flags);

#endif
