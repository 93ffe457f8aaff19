/* SPDX-License-Identifier: GPL-2.0-only */
/* What other kinds ask of epoll. */
#ifndef CRIU_OBJECTS_FD_EPOLL_H
#define CRIU_OBJECTS_FD_EPOLL_H

#include <stdint.h>

struct dump;

/* Dump: the file @file_id was written and read again to learn about it, which is a new edge for those who watch it.
 * Takes the edge away where it was told before. */
void epoll_silence(struct dump *dump, uint32_t file_id);

#endif
