/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of packet sockets share. */
#ifndef CRIU_OBJECTS_SOCKET_PACKET_INTERNAL_H
#define CRIU_OBJECTS_SOCKET_PACKET_INTERNAL_H

struct restore;
struct file;

int packet_load(struct restore *restore, struct file *file);
int packet_open(struct restore *restore, struct file *file, int *ret_fd);
int packet_reopen(struct restore *restore, struct file *file);
int packet_finish(struct restore *restore, struct file *file);

#endif
