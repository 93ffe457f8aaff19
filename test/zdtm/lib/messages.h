/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of unix sockets with something beside their text: unix(7). */
#ifndef ZDTM_LIB_MESSAGES_H
#define ZDTM_LIB_MESSAGES_H

#include <sys/socket.h>

void message_send_fd(int to, const char *text, int fd);
/* The descriptor that came with a message which waits already; fails unless its text is this one. */
int message_receive_fd(int from, const char *text);

void message_send_as(int to, const char *text, struct ucred sender);

#endif
