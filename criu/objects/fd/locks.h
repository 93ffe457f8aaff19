/* SPDX-License-Identifier: GPL-2.0-only */
/* File locks (--file-locks), as fdinfo of the descriptors shows them. */
#ifndef CRIU_OBJECTS_FD_LOCKS_H
#define CRIU_OBJECTS_FD_LOCKS_H

struct dump;
struct fd_info;

/* Refuses what a descriptor with locks holds unless it is allowed and known. */
int fd_locks_survey(struct dump *dump, const struct fd_info *fd);

#endif
