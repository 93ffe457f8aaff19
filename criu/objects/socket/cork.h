/* SPDX-License-Identifier: GPL-2.0-only */
/* Datagrams of UDP that a program has begun and not sent yet (MSG_MORE, UDP_CORK). */
#ifndef CRIU_OBJECTS_SOCKET_CORK_H
#define CRIU_OBJECTS_SOCKET_CORK_H

#include <stdbool.h>

#include "criu/objects/socket/inet.h"

struct fd_info;

/* Refuses one that cannot be kept here. */
int cork_survey(struct dump *dump, const struct fd_info *fd);
/* Of a socket for which there is no way to keep it. */
int cork_survey_refuse(struct dump *dump, const struct fd_info *fd);
/* Fills record->cork from @socket, a duplicate of @fd, which holds back the same afterwards. -errno, logged. */
int cork_dump(struct dump *dump, const struct fd_info *fd, int socket, InetSkEntry *record);
/* Checks that part of a record. */
bool cork_is_proper(const InetSkEntry *record);
/* Begins it anew on @fd, which has all that it needs. -errno, logged. */
int cork_set(const struct file *file, const struct inet_socket *inet, int fd);

#endif
