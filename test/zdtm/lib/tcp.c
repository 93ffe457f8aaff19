// SPDX-License-Identifier: GPL-2.0-only
/* Connections of TCP within a test, and streams whose bytes are told by their place. */
#include "tcp.h"

#include "test.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static socklen_t size_of(const union tcp_address *address)
{
	return address->any.sa_family == AF_INET ? sizeof(address->v4) : sizeof(address->v6);
}

int tcp_listen(const char *host, int backlog, union tcp_address *address)
{
	socklen_t size;
	int fd;

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, host, &address->v4.sin_addr) == 1) {
		address->any.sa_family = AF_INET;
	} else {
		check(inet_pton(AF_INET6, host, &address->v6.sin6_addr) == 1, "'%s' is no address", host);
		address->any.sa_family = AF_INET6;
	}
	size = size_of(address);
	fd = must(socket(address->any.sa_family, SOCK_STREAM, 0));
	must(bind(fd, &address->any, size));
	must(getsockname(fd, &address->any, &size));
	must(listen(fd, backlog));
	return fd;
}

int tcp_call(const union tcp_address *address)
{
	int fd = must(socket(address->any.sa_family, SOCK_STREAM, 0));

	must(connect(fd, &address->any, size_of(address)));
	return fd;
}

int tcp_pair(const char *host, int ends[2])
{
	union tcp_address address;
	int listener = tcp_listen(host, 1, &address);

	ends[0] = tcp_call(&address);
	ends[1] = must(accept(listener, NULL, NULL));
	return listener;
}

static uint8_t byte_at(uint64_t place)
{
	return (uint8_t)(place * 2654435761U >> 24);
}

void tcp_stream_send(struct tcp_stream *stream, size_t size)
{
	uint8_t data[TCP_STREAM_PIECE];
	ssize_t done;

	check(size <= sizeof(data), "%zu bytes are too many", size);
	for (size_t i = 0; i < size; i++)
		data[i] = byte_at(stream->out + i);
	done = send(stream->fd, data, size, MSG_DONTWAIT);
	if (done > 0)
		stream->out += (uint64_t)done;
}

ssize_t tcp_stream_receive(struct tcp_stream *stream, size_t size)
{
	uint8_t data[TCP_STREAM_PIECE];
	ssize_t got;

	check(size <= sizeof(data), "%zu bytes are too many", size);
	got = recv(stream->fd, data, size, MSG_DONTWAIT);
	for (ssize_t i = 0; i < got; i++, stream->in++)
		check(data[i] == byte_at(stream->in), "byte %lu is another", (unsigned long)stream->in);
	return got;
}
