/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections of TCP within a test, and streams whose bytes are told by their place. */
#ifndef ZDTM_LIB_TCP_H
#define ZDTM_LIB_TCP_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/types.h>

/* Of either family. */
union tcp_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Listens at a port that the kernel takes; @address becomes where it does. @host is a numeric address. */
int tcp_listen(const char *host, int backlog, union tcp_address *address);
/* A connection to there. */
int tcp_call(const union tcp_address *address);
/* Both ends of a connection. Returns its listener. */
int tcp_pair(const char *host, int ends[2]);

/* One end, and how many bytes went and came so far. */
struct tcp_stream {
	int fd;
	uint64_t out, in;
};

#define TCP_STREAM_PIECE 4096

/* As much of the next @size bytes (TCP_STREAM_PIECE at most) as the kernel takes at once. */
void tcp_stream_send(struct tcp_stream *stream, size_t size);
/* Up to so many bytes that are there; fails when one is another. Returns what recv(2) does. */
ssize_t tcp_stream_receive(struct tcp_stream *stream, size_t size);

#endif
