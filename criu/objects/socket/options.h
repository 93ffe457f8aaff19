/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of sockets: the rows of options.def, and those which take more than one number. */
#ifndef CRIU_OBJECTS_SOCKET_OPTIONS_H
#define CRIU_OBJECTS_SOCKET_OPTIONS_H

#include "sk-opts.pb-c.h"

struct dump;
struct restore;
struct fd_info;
struct file;
struct socket_info;

enum socket_moment {
	SOCKET_EARLY, /* right after socket(): before it has an address */
	SOCKET_LATE,  /* address, connection and queues are as they were */
};

/* Refuses by name what cannot be read. */
int socket_options_survey(struct dump *dump, const struct fd_info *fd);
/* Reads them from @socket, a duplicate of @fd; *@ret_options is the arena's. -errno, logged. */
int socket_options_dump(struct dump *dump, const struct fd_info *fd, int socket, SkOptsEntry **ret_options);

/* Checks a record, which may be NULL where the format allows it. -EBADMSG, logged. */
int socket_options_load(struct restore *restore, const struct file *file, const SkOptsEntry *options);
/* Makes @socket have them. -errno, logged. */
int socket_options_set(const struct file *file, const struct socket_info *info, int socket,
		       const SkOptsEntry *options, enum socket_moment moment);

#endif
