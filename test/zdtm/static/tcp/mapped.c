// SPDX-License-Identifier: GPL-2.0-only
/* With --tcp-map sockets come back at another local address: listeners, connections whose both ends are in the tree, those
 * that were being made, datagram sockets with what waits in them, raw sockets; of IPv4, IPv6, and IPv4 in IPv6.
 *
 * options: --tcp-established
 * restore-options: --tcp-map 127.0.0.2=127.0.0.3 --tcp-map fd00::2=fd00::3 --tcp-map 127.0.0.77=127.0.0.78
 * network: own
 * kinds: address_maps tcp udp
 */
#include "test.h"

#include "rtnetlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/ipv6_route.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIZE 5000

struct family {
	int family;
	const char *before, *after;
	int listener, client, server, udp, talker, raw;
};

static struct family families[] = {
	{ AF_INET, "127.0.0.2", "127.0.0.3" },
	{ AF_INET6, "fd00::2", "fd00::3" },
	{ AF_INET6, "::ffff:127.0.0.2", "::ffff:127.0.0.3" },
};

static socklen_t make_address(int family, const char *text, struct sockaddr_in6 *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;

	memset(ret, 0, sizeof(*ret));
	ret->sin6_family = family;
	if (family == AF_INET)
		check(inet_pton(family, text, &v4->sin_addr) == 1, "%s", text);
	else
		check(inet_pton(family, text, &ret->sin6_addr) == 1, "%s", text);
	return family == AF_INET ? sizeof(*v4) : sizeof(*ret);
}

static int make_bound(const struct family *family, int type)
{
	struct sockaddr_in6 address;
	socklen_t size = make_address(family->family, family->before, &address);
	int fd = must(socket(family->family, type, type == SOCK_RAW ? IPPROTO_UDPLITE : 0));

	must(bind(fd, (struct sockaddr *)&address, size));
	return fd;
}

static void connect_to(int fd, int other)
{
	struct sockaddr_in6 address;
	socklen_t size = sizeof(address);

	char text[INET6_ADDRSTRLEN];

	must(getsockname(other, (struct sockaddr *)&address, &size));
	check(connect(fd, (struct sockaddr *)&address, size) == 0, "connect to %s: %s",
	      inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof(text)), strerror(errno));
}

static void expect_address(const struct family *family, int fd, const char *what,
			   int (*get)(int fd, struct sockaddr *address, socklen_t *size))
{
	struct sockaddr_in6 address, wanted;
	socklen_t size = make_address(family->family, family->after, &wanted);

	must(get(fd, (struct sockaddr *)&address, &size));
	wanted.sin6_port = address.sin6_port;
	check(memcmp(&address, &wanted, size) == 0, "%s has another address than %s", what, family->after);
}

static void put(int fd, uint32_t seed)
{
	char data[SIZE];

	test_fill(data, SIZE, seed);
	check(must(write(fd, data, SIZE)) == SIZE, "short write");
}

static void expect(int fd, uint32_t seed)
{
	char data[SIZE];

	check(must(recv(fd, data, SIZE, MSG_WAITALL)) == SIZE, "it is too short");
	check(test_differs(data, SIZE, seed) == -1, "byte %zd differs", test_differs(data, SIZE, seed));
}

static void set_up(struct family *family)
{
	family->listener = make_bound(family, SOCK_STREAM);
	must(listen(family->listener, 5));
	family->client = make_bound(family, SOCK_STREAM);
	connect_to(family->client, family->listener);
	family->server = must(accept(family->listener, NULL, NULL));
	put(family->client, 1);
	put(family->server, 2);
	must(shutdown(family->server, SHUT_WR));
	family->udp = make_bound(family, SOCK_DGRAM);
	family->talker = make_bound(family, SOCK_DGRAM);
	connect_to(family->talker, family->udp);
	put(family->talker, 3);
	/* Raw sockets of IPv6 take no IPv4 (rawv6_bind in net/ipv6/raw.c). */
	family->raw = strncmp(family->before, "::ffff:", 7) ? make_bound(family, SOCK_RAW) : -1;
}

static void expect_stream(const struct family *family)
{
	int fd = must(socket(family->family, SOCK_STREAM, 0));

	expect_address(family, family->listener, "a listener", getsockname);
	expect_address(family, family->client, "a client", getsockname);
	expect_address(family, family->client, "the peer of a client", getpeername);
	expect_address(family, family->server, "a server", getsockname);
	expect_address(family, family->server, "the peer of a server", getpeername);
	expect(family->client, 2);
	check(must(read(family->client, &(char){ 0 }, 1)) == 0, "the end of the stream does not come");
	expect(family->server, 1);
	put(family->client, 4);
	expect(family->server, 4);
	connect_to(fd, family->listener);
	must(accept(family->listener, NULL, NULL));
}

static void expect_datagrams(const struct family *family)
{
	struct sockaddr_in6 sender;
	socklen_t size = sizeof(sender);
	char data[SIZE];

	expect_address(family, family->udp, "a UDP socket", getsockname);
	expect_address(family, family->talker, "a UDP socket", getsockname);
	expect_address(family, family->talker, "the peer of a UDP socket", getpeername);
	if (family->raw >= 0)
		expect_address(family, family->raw, "a raw socket", getsockname);
	check(must(recvfrom(family->udp, data, SIZE, 0, (struct sockaddr *)&sender, &size)) == SIZE,
	      "it is too short");
	check(test_differs(data, SIZE, 3) == -1, "byte %zd differs", test_differs(data, SIZE, 3));
	must(sendto(family->udp, data, SIZE, 0, (struct sockaddr *)&sender, size));
	expect(family->talker, 3);
	put(family->talker, 5);
	expect(family->udp, 5);
}

/* The kernel makes the route to it behind our back. */
static bool has_route(const char *text)
{
	char line[256], target[33] = "";
	struct in6_addr address;
	unsigned int flags;
	bool found = false;
	FILE *file = fopen("/proc/net/ipv6_route", "re");

	check(file && inet_pton(AF_INET6, text, &address) == 1, "%s: %s", text, strerror(errno));
	for (size_t i = 0; i < sizeof(address); i++)
		snprintf(target + 2 * i, 3, "%02x", address.s6_addr[i]);
	while (!found && fgets(line, sizeof(line), file))
		found = !strncmp(line, target, strlen(target)) &&
			sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %*s %x", &flags) == 1 && flags & RTF_LOCAL;
	fclose(file);
	return found;
}

static void wait_for_route(const char *text)
{
	while (!has_route(text))
		usleep(1000);
}

int main(int argc, char **argv)
{
	int netlink;

	test_init(argc, argv);
	netlink = rtnetlink_open();
	rtnetlink_set_link(netlink, true, 0);
	rtnetlink_add_address(netlink, "fd00::2", 128, 0, IFA_F_NODAD, 0);
	rtnetlink_add_address(netlink, "fd00::3", 128, 0, IFA_F_NODAD, 0);
	rtnetlink_close(netlink);
	wait_for_route("fd00::2");
	wait_for_route("fd00::3");
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		set_up(&families[i]);
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		expect_stream(&families[i]);
		expect_datagrams(&families[i]);
	}
	pass();
}
