// SPDX-License-Identifier: GPL-2.0-only
/* Two processes in a network namespace of their own send each other a stream without a pause, over IPv4 and IPv6; nothing
 * of it is lost or comes twice.
 *
 * options: --tcp-established
 * iterations: 10
 * kinds: net tcp
 */
#include "test.h"

#include "rtnetlink.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS 2
#define WORDS 1024

static int pairs[PAIRS][2];

static void make_pair(int family, int ends[2])
{
	struct sockaddr_in6 address = { .sin6_family = (sa_family_t)family };
	socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(address);
	int listener = must(socket(family, SOCK_STREAM, 0));

	if (family == AF_INET)
		((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(0x0a090807);
	else
		address.sin6_addr = in6addr_loopback;
	must(bind(listener, (struct sockaddr *)&address, size));
	must(getsockname(listener, (struct sockaddr *)&address, &size));
	must(listen(listener, 1));
	ends[0] = must(socket(family, SOCK_STREAM, 0));
	must(connect(ends[0], (struct sockaddr *)&address, size));
	ends[1] = must(accept(listener, NULL, NULL));
	close(listener);
}

/* Bytes so far: each is told by its place. */
struct way {
	int fd;
	uint64_t out, in;
};

static uint8_t byte_at(uint64_t place)
{
	return (uint8_t)(place * 2654435761U >> 24);
}

static void send_some(struct way *way)
{
	uint8_t data[WORDS];
	ssize_t done;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = byte_at(way->out + i);
	done = send(way->fd, data, sizeof(data), MSG_DONTWAIT);
	if (done > 0)
		way->out += (uint64_t)done;
}

static void receive_some(struct way *way)
{
	uint8_t data[WORDS];
	ssize_t got = recv(way->fd, data, sizeof(data), MSG_DONTWAIT);

	check(got != 0, "the stream ends after %lu bytes", (unsigned long)way->in);
	for (ssize_t i = 0; i < got; i++, way->in++)
		check(data[i] == byte_at(way->in), "byte %lu is another", (unsigned long)way->in);
}

static void talk(int end)
{
	struct way ways[PAIRS] = { { .fd = pairs[0][end] }, { .fd = pairs[1][end] } };

	while (!test_stopped()) {
		struct pollfd pollers[PAIRS];

		for (int i = 0; i < PAIRS; i++)
			pollers[i] = (struct pollfd){ .fd = ways[i].fd, .events = POLLIN | POLLOUT };
		poll(pollers, PAIRS, 100);
		for (int i = 0; i < PAIRS; i++) {
			if (pollers[i].revents & POLLOUT)
				send_some(&ways[i]);
			if (pollers[i].revents & POLLIN)
				receive_some(&ways[i]);
			check(!(pollers[i].revents & (POLLERR | POLLHUP)) || test_stopped(), "a connection breaks");
		}
	}
	for (int i = 0; i < PAIRS; i++)
		check(ways[i].in, "nothing came at all");
}

static void child(void *unused)
{
	(void)unused;
	test_ready();
	talk(1);
}

int main(int argc, char **argv)
{
	int netlink;
	pid_t pid;

	test_init(argc, argv);
	must(unshare(CLONE_NEWNET));
	netlink = rtnetlink_open();
	rtnetlink_set_link(netlink, true, 0);
	rtnetlink_add_address(netlink, "10.9.8.7", 32, RT_SCOPE_UNIVERSE, 0, 0);
	rtnetlink_close(netlink);
	make_pair(AF_INET, pairs[0]);
	make_pair(AF_INET6, pairs[1]);
	pid = test_child(child, NULL);
	test_ready();
	talk(0);
	test_end_child(pid);
	pass();
}
