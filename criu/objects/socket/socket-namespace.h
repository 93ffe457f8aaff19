/* SPDX-License-Identifier: GPL-2.0-only */
/* In which network namespace a socket is: that of criu, or the tree's own. It is in the one in which it was made. */
#ifndef CRIU_OBJECTS_SOCKET_SOCKET_NAMESPACE_H
#define CRIU_OBJECTS_SOCKET_SOCKET_NAMESPACE_H

#include <stdbool.h>
#include <stdint.h>

struct dump;
struct restore;
struct fd_info;

/* In a survey: refuses a socket of any other namespace. */
void socket_survey_namespace(struct dump *dump, const struct fd_info *fd);
/* Of such a socket: for ns_id of its record. */
uint32_t socket_namespace_id(const struct dump *dump, const struct fd_info *fd);

/* Restore, not within another one: goes to where the sockets of a record are to be made, and back. @has_id: images of others
 * need not say; then it is that of the root. *@ret_back: for socket_leave_namespace(). -errno, logged. */
int socket_enter_namespace(const struct restore *restore, bool has_id, uint32_t ns_id, int *ret_back);
int socket_leave_namespace(int back);
/* Is it one of the tree's own, or one that it joins? */
bool socket_is_in_own_namespace(const struct restore *restore, bool has_id, uint32_t ns_id);

#endif
