// SPDX-License-Identifier: GPL-2.0-only
/* Options of IPv4 and extension headers of IPv6 that TCP sockets send with each packet: of a listener, of both ends of
 * connections, the one that answers to its peer's as well, and of what is left of one. They take from the segments what
 * they took before.
 *
 * options: --tcp-established
 */
#include "tcp.h"
#include "test.h"

#include <linux/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Record route (RFC 791, 3.1), with room for three, and padding. */
static const uint8_t route[] = { 7, 15, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
/* Padding, and what whoever does not know it skips (RFC 8200, 4.2). */
static const uint8_t hops[] = { 0, 0, 1, 4, 0, 0, 0, 0 };
static const uint8_t stop[] = { 0, 1, 0x1e, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

static const struct {
	int level, option;
} options[] = {
	{ IPPROTO_IP, IP_OPTIONS },
	{ IPPROTO_IPV6, IPV6_HOPOPTS },
	{ IPPROTO_IPV6, IPV6_DSTOPTS },
};

enum { LISTENER, LISTENER6, CLIENT, SERVER, CLIENT6, SERVER6, ENDED, NR_SOCKETS };

struct state {
	uint8_t bytes[ARRAY_SIZE(options)][64];
	socklen_t sizes[ARRAY_SIZE(options)];
	int segment;
};

static void read_state(int fd, struct state *state)
{
	socklen_t size = sizeof(state->segment);

	memset(state, 0, sizeof(*state));
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		state->sizes[i] = sizeof(state->bytes[i]);
		if (getsockopt(fd, options[i].level, options[i].option, state->bytes[i], &state->sizes[i]) < 0)
			state->sizes[i] = 0;
	}
	must(getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &state->segment, &size));
}

static void set(int fd, int level, int option, const uint8_t *bytes, size_t size)
{
	must(setsockopt(fd, level, option, bytes, (socklen_t)size));
}

/* The client has asked for its headers before it connects. Segments are shorter than half of a window. */
static void connect_to(int listener, const union tcp_address *address, int *ends)
{
	int segment = 1000;

	ends[0] = must(socket(address->any.sa_family, SOCK_STREAM, 0));
	must(setsockopt(ends[0], IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment)));
	must(setsockopt(listener, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment)));
	if (address->any.sa_family == AF_INET)
		set(ends[0], IPPROTO_IP, IP_OPTIONS, route, sizeof(route));
	else
		set(ends[0], IPPROTO_IPV6, IPV6_HOPOPTS, hops, sizeof(hops));
	must(connect(ends[0], &address->any,
		     address->any.sa_family == AF_INET ? sizeof(address->v4) : sizeof(address->v6)));
	ends[1] = must(accept(listener, NULL, NULL));
}

static void make_all(int *fds)
{
	union tcp_address address;
	struct pollfd poller = { .events = 0 };
	int ended[2];

	fds[LISTENER] = tcp_listen("127.0.0.1", 5, &address);
	connect_to(fds[LISTENER], &address, fds + CLIENT);
	set(fds[LISTENER], IPPROTO_IP, IP_OPTIONS, (const uint8_t *)"\1\1\1\1", 4);
	fds[LISTENER6] = tcp_listen("::1", 5, &address);
	set(fds[LISTENER6], IPPROTO_IPV6, IPV6_DSTOPTS, stop, sizeof(stop));
	connect_to(fds[LISTENER6], &address, fds + CLIENT6);
	must(close(tcp_pair("127.0.0.1", ended)));
	set(ended[0], IPPROTO_IP, IP_OPTIONS, route, sizeof(route));
	must(send(ended[1], "rest", 4, 0));
	must(shutdown(ended[0], SHUT_WR));
	must(close(ended[1]));
	poller.fd = ended[0];
	while (!(poller.revents & POLLHUP))
		must(poll(&poller, 1, 10));
	fds[ENDED] = ended[0];
}

static void talk(int from, int to)
{
	char text[6] = "";

	must(send(from, "hello", 5, 0));
	check(recv(to, text, 5, MSG_WAITALL) == 5 && strcmp(text, "hello") == 0, "'%s' came", text);
}

int main(int argc, char **argv)
{
	struct state before[NR_SOCKETS], now;
	int fds[NR_SOCKETS];
	char rest[5];

	test_init(argc, argv);
	make_all(fds);
	for (int i = 0; i < NR_SOCKETS; i++)
		read_state(fds[i], &before[i]);
	check(before[SERVER].sizes[0], "the server does not answer with the options of its client");
	check(before[SERVER6].sizes[2], "the server has not the header of its listener");
	test_ready();
	test_wait();
	for (int i = 0; i < NR_SOCKETS; i++) {
		read_state(fds[i], &now);
		for (size_t k = 0; k < ARRAY_SIZE(options); k++)
			check(now.sizes[k] == before[i].sizes[k] &&
				      memcmp(now.bytes[k], before[i].bytes[k], now.sizes[k]) == 0,
			      "socket %d has another option %d of %u bytes", i, options[k].option, now.sizes[k]);
		check(i == ENDED || now.segment == before[i].segment,
		      "segments of socket %d have %d bytes, not %d", i, now.segment, before[i].segment);
	}
	talk(fds[CLIENT], fds[SERVER]);
	talk(fds[SERVER], fds[CLIENT]);
	talk(fds[CLIENT6], fds[SERVER6]);
	talk(fds[SERVER6], fds[CLIENT6]);
	check(recv(fds[ENDED], rest, 5, 0) == 4 && memcmp(rest, "rest", 4) == 0, "what was left is lost");
	pass();
}
