/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of IPv4, and extension headers of IPv6, that a socket sends with each packet. */
#ifndef CRIU_OBJECTS_SOCKET_INET_HEADERS_H
#define CRIU_OBJECTS_SOCKET_INET_HEADERS_H

#include <stdbool.h>

#include "sk-inet.pb-c.h"

struct arena;
struct dump;
struct fd_info;
struct file;

bool inet_has_headers(int socket);
/* Refuses those that the kernel would not take once more; @socket is a duplicate of @fd. -errno, logged. */
int inet_headers_survey(struct dump *dump, const struct fd_info *fd, int socket);
void inet_headers_dump(struct arena *arena, int socket, InetSkEntry *record);
/* -EBADMSG, logged. */
int inet_headers_load(const struct file *file, const InetSkEntry *record);
/* Before connect(2), for what they take of a segment is settled there. -errno, logged. */
int inet_headers_set(const struct file *file, const InetSkEntry *record, int fd);

#endif
