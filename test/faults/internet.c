// SPDX-License-Identifier: GPL-2.0-only
/* Sockets of IPv4 and IPv6 with contents: connections in several states whose streams go on, with urgent data and ends; one
 * that is being opened, one that is over; datagrams that wait, groups, raw ones. What goes in is numbered and comes out a few
 * rounds later. Whoever goes round counts in the file "counters", where the driver sees it. */
#include "test.h"

#include "counters.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* The driver knows the order. */
enum counter { CONNECTIONS, DATAGRAMS, COUNTERS };

#define AHEAD 4U /* rounds that a thing waits */
#define LEFT "left to be read"

static void go_round(enum counter which, void (*round)(void *object, uint32_t number), void *object)
{
	test_ready();
	for (uint32_t number = 0; !test_stopped(); number++) {
		round(object, number);
		__atomic_add_fetch(&counters[which], 1, __ATOMIC_SEQ_CST);
		usleep(500);
	}
}

static void put_word(int fd, uint32_t word)
{
	ssize_t put;

	while ((put = write(fd, &word, sizeof(word))) < 0 && errno == EINTR)
		;
	check(put == sizeof(word), "a word does not fit: %s", strerror(errno));
}

static void expect_word(int fd, uint32_t word, const char *what)
{
	uint32_t got;

	for (size_t done = 0; done < sizeof(got);) {
		ssize_t part = read(fd, (char *)&got + done, sizeof(got) - done);

		check(part > 0 || (part < 0 && errno == EINTR), "%s: read: %zd, %s", what, part, strerror(errno));
		done += part > 0 ? (size_t)part : 0;
	}
	check(got == word, "%s has %u instead of %u", what, got, word);
}

static socklen_t loopback(int family, struct sockaddr_in6 *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->sin6_family = (sa_family_t)family;
	if (family == AF_INET)
		((struct sockaddr_in *)ret)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		ret->sin6_addr = in6addr_loopback;
	return family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(*ret);
}

static int make_bound(int family, int type, struct sockaddr_in6 *address, socklen_t *size)
{
	int fd = must(socket(family, type, 0));

	*size = loopback(family, address);
	must(bind(fd, (struct sockaddr *)address, *size));
	must(getsockname(fd, (struct sockaddr *)address, size));
	return fd;
}

/* --- connections --- */

struct connection {
	int listener, client, server;
};

struct connections {
	struct connection open[2], half, urgent;
	int over, deaf, opening;
};

static void connect_ends(int family, struct connection *ret)
{
	struct sockaddr_in6 address;
	socklen_t size;

	ret->listener = make_bound(family, SOCK_STREAM, &address, &size);
	must(listen(ret->listener, 5));
	ret->client = must(socket(family, SOCK_STREAM, 0));
	must(connect(ret->client, (struct sockaddr *)&address, size));
	ret->server = must(accept(ret->listener, NULL, NULL));
}

static void make_over(struct connections *all)
{
	struct connection connection;
	struct pollfd poller = { .events = 0 };

	connect_ends(AF_INET, &connection);
	must(write(connection.client, LEFT, sizeof(LEFT)));
	must(shutdown(connection.server, SHUT_WR));
	must(close(connection.client));
	must(close(connection.listener));
	poller.fd = all->over = connection.server;
	while (!(poller.revents & POLLHUP))
		must(poll(&poller, 1, 10));
}

static void make_opening(struct connections *all)
{
	struct sock_filter nothing = { .code = BPF_RET | BPF_K, .k = 0 };
	struct sock_fprog program = { .len = 1, .filter = &nothing };
	struct sockaddr_in6 address;
	socklen_t size;

	all->deaf = make_bound(AF_INET6, SOCK_STREAM, &address, &size);
	must(setsockopt(all->deaf, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	must(listen(all->deaf, 5));
	all->opening = must(socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0));
	check(connect(all->opening, (struct sockaddr *)&address, size) < 0 && errno == EINPROGRESS, "connect");
}

static void make_connections(struct connections *all)
{
	connect_ends(AF_INET, &all->open[0]);
	connect_ends(AF_INET6, &all->open[1]);
	connect_ends(AF_INET6, &all->half);
	connect_ends(AF_INET, &all->urgent);
	must(shutdown(all->half.server, SHUT_WR));
	must(send(all->urgent.client, "before", 6, 0));
	must(send(all->urgent.client, "u", 1, MSG_OOB));
	must(send(all->urgent.client, "behind", 6, 0));
	make_over(all);
	make_opening(all);
	for (uint32_t i = 0; i < AHEAD; i++) {
		put_word(all->open[0].client, i);
		put_word(all->open[1].server, i);
		put_word(all->half.client, i);
	}
}

static void round_of_connections(void *object, uint32_t number)
{
	const struct connections *all = object;
	char text[sizeof(LEFT)] = "";

	put_word(all->open[0].client, number + AHEAD);
	put_word(all->open[1].server, number + AHEAD);
	put_word(all->half.client, number + AHEAD);
	expect_word(all->open[0].server, number, "a connection");
	expect_word(all->open[1].client, number, "a connection of IPv6");
	expect_word(all->half.server, number, "a half closed connection");
	check(recv(all->urgent.server, text, 1, MSG_OOB | MSG_PEEK) == 1 && text[0] == 'u', "no urgent byte");
	check(recv(all->urgent.server, text, 7, MSG_PEEK) == 6 && !strncmp(text, "before", 6),
	      "urgent data: '%s'", text);
	check(recv(all->over, text, sizeof(text), MSG_PEEK) == sizeof(LEFT) && !strcmp(text, LEFT),
	      "over: '%s'", text);
}

static void connections(void *arg)
{
	struct connections all;

	make_connections(&all);
	go_round(CONNECTIONS, round_of_connections, &all);
}

/* --- datagrams --- */

struct datagrams {
	int from[2], to[2], raw;
};

static void join(const struct datagrams *all)
{
	struct ip_mreqn group4 = { .imr_multiaddr.s_addr = htonl(0xe0000063),
				   .imr_ifindex = (int)if_nametoindex("lo") };
	struct ipv6_mreq group6 = { .ipv6mr_interface = if_nametoindex("lo") };

	group6.ipv6mr_multiaddr = (struct in6_addr){ { { 0xff, 0x02, [15] = 0x63 } } };
	must(setsockopt(all->to[0], IPPROTO_IP, IP_ADD_MEMBERSHIP, &group4, sizeof(group4)));
	must(setsockopt(all->to[1], IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &group6, sizeof(group6)));
}

static void make_datagrams(struct datagrams *all)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct sockaddr_in6 address;
	socklen_t size;

	for (int i = 0; i < 2; i++) {
		all->to[i] = make_bound(families[i], SOCK_DGRAM, &address, &size);
		all->from[i] = must(socket(families[i], SOCK_DGRAM, 0));
		must(connect(all->from[i], (struct sockaddr *)&address, size));
		for (uint32_t j = 0; j < AHEAD; j++)
			put_word(all->from[i], j);
	}
	all->raw = must(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	join(all);
}

static void round_of_datagrams(void *object, uint32_t number)
{
	const struct datagrams *all = object;

	for (int i = 0; i < 2; i++) {
		put_word(all->from[i], number + AHEAD);
		expect_word(all->to[i], number, "a queue of datagrams");
	}
}

static void datagrams(void *arg)
{
	struct datagrams all;

	make_datagrams(&all);
	go_round(DATAGRAMS, round_of_datagrams, &all);
}

int main(int argc, char **argv)
{
	void (*const bodies[COUNTERS])(void *) = { connections, datagrams };
	pid_t child[COUNTERS];

	test_init(argc, argv);
	map_counters();
	for (size_t i = 0; i < COUNTERS; i++)
		child[i] = test_child(bodies[i], NULL);
	test_ready();
	test_wait();
	for (size_t i = 0; i < COUNTERS; i++)
		test_end_child(child[i]);
	pass();
}
