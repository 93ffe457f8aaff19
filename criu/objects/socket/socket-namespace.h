/* SPDX-License-Identifier: GPL-2.0-only */
/* In which network namespace a socket is: that of criu, or the tree's own. It is in the one in which it was made, and what
 * is done with it is done there. */
#ifndef CRIU_OBJECTS_SOCKET_SOCKET_NAMESPACE_H
#define CRIU_OBJECTS_SOCKET_SOCKET_NAMESPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "fdinfo.pb-c.h"

struct dump;
struct restore;
struct fd_info;
struct file;
struct namespace;
struct socket_info;

/* Both. The descriptor that @open_here makes in there, or its -errno. NULL: here. */
int socket_namespace_open(const struct namespace *namespace, int (*open_here)(void));

/* --- dump --- */

/* In a survey: refuses a socket of any other namespace. */
void socket_survey_namespace(struct dump *dump, const struct fd_info *fd);
/* Of such a socket: for ns_id of its record. */
uint32_t socket_namespace_id(const struct dump *dump, const struct fd_info *fd);
/* NULL: one that is refused. */
const struct namespace *socket_namespace(const struct dump *dump, const struct fd_info *fd);
/* For fd_kind.dump: where devices have the names, and /proc/net the lists, that are meant. -errno, logged. */
int socket_dump_within(struct dump *dump, const struct fd_info *fd, FileEntry *record,
		       int (*dump_here)(struct dump *dump, const struct fd_info *fd, FileEntry *record));

/* --- restore --- */

/* Not within another one: goes to where the sockets of a record are to be made, and back. @has_id: images of others
 * need not say; then it is that of the root. *@ret_back: for socket_leave_namespace(). -errno, logged. */
int socket_enter_namespace(const struct restore *restore, bool has_id, uint32_t ns_id, int *ret_back);
int socket_leave_namespace(int back);
/* One of the tree's own, or one that it joins; NULL: that of criu. */
const struct namespace *socket_own_namespace(const struct restore *restore, bool has_id, uint32_t ns_id);

/* How a family makes its sockets. */
struct socket_restore {
	bool has_ns_id;
	uint32_t ns_id;
	const struct socket_info *info;
	/* All that there is to it. Begins with socket_make(); the descriptor is the caller's. -errno, logged. */
	int (*open_here)(struct restore *restore, struct file *file, int *ret_fd);
};

/* For fd_kind.open and fd_kind.reopen. In a namespace of the tree's own it is scripts that may add the devices and addresses
 * which sockets need, when there is a process: so the socket is made first, and completed then. */
int socket_open_within(struct restore *restore, struct file *file, const struct socket_restore *how, int *ret_fd);
int socket_reopen_within(struct restore *restore, struct file *file, const struct socket_restore *how);
/* socket(2), or what was made of @file before. -errno, logged. */
int socket_make(const struct file *file, const struct socket_info *info);

#endif
