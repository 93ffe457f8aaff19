// SPDX-License-Identifier: GPL-2.0-only
/* Options of IPv4 and extension headers of IPv6 that UDP and raw sockets, and those of ping, send with each packet.
 *
 * network: own
 * kinds: udp raw_socket
 */
#include "test.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKETS ARRAY_SIZE(sockets)

/* Record route (RFC 791, 3.1), with room for three, and padding. */
static const uint8_t route[] = { 7, 15, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
/* Padding in both (RFC 8200, 4.2), and one that whoever does not know it skips. */
static const uint8_t hops[] = { 0, 0, 1, 4, 0, 0, 0, 0 };
static const uint8_t first_stop[] = { 0, 0, 1, 4, 9, 9, 9, 9 };
static const uint8_t last_stop[] = { 0, 1, 0x1e, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
/* One segment (RFC 8754, 2), which is ::1, and none that is left. */
static const uint8_t segments[24] = { 0, 2, 4, 0, [23] = 1 };

static const struct {
	int family, type, protocol;
} sockets[] = {
	{ AF_INET, SOCK_DGRAM, 0 },
	{ AF_INET6, SOCK_DGRAM, 0 },
	{ AF_INET6, SOCK_DGRAM, 0 },
	{ AF_INET, SOCK_RAW, 253 },
	{ AF_INET6, SOCK_RAW, 253 },
	{ AF_INET, SOCK_DGRAM, IPPROTO_ICMP },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6 },
};

static const struct {
	size_t socket;
	int level, option;
	const uint8_t *bytes;
	socklen_t size;
} headers[] = {
	{ 0, IPPROTO_IP, IP_OPTIONS, route, sizeof(route) },
	{ 1, IPPROTO_IPV6, IPV6_HOPOPTS, hops, sizeof(hops) },
	{ 1, IPPROTO_IPV6, IPV6_DSTOPTS, last_stop, sizeof(last_stop) },
	{ 2, IPPROTO_IP, IP_OPTIONS, route, sizeof(route) },
	{ 2, IPPROTO_IPV6, IPV6_RTHDRDSTOPTS, first_stop, sizeof(first_stop) },
	{ 2, IPPROTO_IPV6, IPV6_RTHDR, segments, sizeof(segments) },
	{ 3, IPPROTO_IP, IP_OPTIONS, route, sizeof(route) },
	{ 4, IPPROTO_IPV6, IPV6_DSTOPTS, first_stop, sizeof(first_stop) },
	{ 5, IPPROTO_IP, IP_OPTIONS, route, sizeof(route) },
	{ 6, IPPROTO_IPV6, IPV6_HOPOPTS, hops, sizeof(hops) },
};

/* The first byte is the number of what follows. */
static void expect(const int *fds)
{
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		uint8_t found[256];
		socklen_t size = sizeof(found);

		must(getsockopt(fds[headers[i].socket], headers[i].level, headers[i].option, found, &size));
		check(size == headers[i].size && memcmp(found, headers[i].bytes, size) == 0,
		      "socket %zu, level %d, option %d is another one of %u bytes", headers[i].socket,
		      headers[i].level, headers[i].option, size);
	}
}

static int make_receiver(int family, struct sockaddr_in6 *address)
{
	bool v6 = family == AF_INET6;
	socklen_t size = v6 ? sizeof(*address) : sizeof(struct sockaddr_in);
	int fd = must(socket(family, SOCK_DGRAM, 0)), on = 1;

	*address = (struct sockaddr_in6){ .sin6_family = (sa_family_t)family };
	if (v6)
		address->sin6_addr = in6addr_loopback;
	else
		((struct sockaddr_in *)address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(bind(fd, (struct sockaddr *)address, size));
	must(getsockname(fd, (struct sockaddr *)address, &size));
	must(setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVDSTOPTS : IP_RECVOPTS, &on, sizeof(on)));
	return fd;
}

/* Do they stand in the packets? */
static void expect_sent(int from, int family, const uint8_t *bytes, size_t size)
{
	struct sockaddr_in6 address;
	int to = make_receiver(family, &address);
	uint8_t control[256], byte;
	struct iovec part = { &byte, 1 };
	struct msghdr head = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = 256 };
	struct cmsghdr *message;

	must(sendto(from, "x", 1, 0, (struct sockaddr *)&address,
		    family == AF_INET6 ? sizeof(address) : sizeof(struct sockaddr_in)));
	must(recvmsg(to, &head, 0));
	message = CMSG_FIRSTHDR(&head);
	check(message && message->cmsg_len >= CMSG_LEN(size) && memcmp(CMSG_DATA(message) + 1, bytes + 1, 1) == 0 &&
		      memcmp(CMSG_DATA(message) + 4, bytes + 4, family == AF_INET6 ? size - 4 : 0) == 0,
	      "family %d: a packet comes without its header", family);
}

static void prepare_network(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0));

	must(ioctl(fd, SIOCSIFFLAGS, &request));
	close(fd);
	fd = must(open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY));
	must(write(fd, "0 1000", 6));
	close(fd);
}

int main(int argc, char **argv)
{
	int fds[SOCKETS];

	test_init(argc, argv);
	prepare_network();
	for (size_t i = 0; i < SOCKETS; i++)
		fds[i] = must(socket(sockets[i].family, sockets[i].type, sockets[i].protocol));
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		must(setsockopt(fds[headers[i].socket], headers[i].level, headers[i].option, headers[i].bytes,
				headers[i].size));
	expect(fds);
	test_ready();
	test_wait();
	expect(fds);
	expect_sent(fds[0], AF_INET, route, sizeof(route));
	expect_sent(fds[1], AF_INET6, last_stop, sizeof(last_stop));
	pass();
}
