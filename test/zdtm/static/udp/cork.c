// SPDX-License-Identifier: GPL-2.0-only
/* Datagrams that are not complete: begun with MSG_MORE or UDP_CORK, of IPv4, IPv6 and IPv4 in IPv6, to a connected peer or
 * to one that is named once, without any byte yet, with a time to live of its own. After the restore the last part goes
 * without an address, and the receiver gets one datagram.
 *
 * network: own
 */
#include "test.h"

#include <linux/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define LENGTH 20000

enum form { V4, V6, MAPPED, FORMS };

static struct place {
	int sender, receiver;
	struct sockaddr_in6 from, to;
	socklen_t size;
} places[6];

static void loopback(enum form form, struct sockaddr_in6 *name, socklen_t *ret_size)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)name;

	memset(name, 0, sizeof(*name));
	name->sin6_family = form == V4 ? AF_INET : AF_INET6;
	*ret_size = form == V4 ? sizeof(*v4) : sizeof(*name);
	if (form == V4)
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (form == MAPPED)
		memcpy(&name->sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
	else
		name->sin6_addr = in6addr_loopback;
}

static void set(int fd, int level, int option, int value)
{
	must(setsockopt(fd, level, option, &value, sizeof(value)));
}

static void make(struct place *place, enum form form)
{
	int family = form == V4 ? AF_INET : AF_INET6;

	place->receiver = must(socket(family, SOCK_DGRAM, 0));
	place->sender = must(socket(family, SOCK_DGRAM, 0));
	loopback(form, &place->to, &place->size);
	must(bind(place->receiver, (struct sockaddr *)&place->to, place->size));
	must(getsockname(place->receiver, (struct sockaddr *)&place->to, &place->size));
	if (form == V6)
		set(place->receiver, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
	else
		set(place->receiver, IPPROTO_IP, IP_RECVTTL, 1);
}

static void send_with_ttl(const struct place *place, const void *data, size_t size, int ttl)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .head = { CMSG_LEN(sizeof(int)), IPPROTO_IP, IP_TTL } };
	struct iovec part = { (void *)data, size };
	struct msghdr message = { (void *)&place->to, place->size, &part, 1, control.bytes, sizeof(control), 0 };

	memcpy(CMSG_DATA(&control.head), &ttl, sizeof(ttl));
	must(sendmsg(place->sender, &message, MSG_MORE));
}

static void expect(const struct place *place, uint32_t seed, size_t size, int ttl)
{
	static char data[2 * LENGTH];
	char control[200];
	struct iovec part = { data, sizeof(data) };
	struct sockaddr_in6 from;
	struct msghdr message = { &from, sizeof(from), &part, 1, control, sizeof(control), 0 };
	int found = -1;

	must(recvmsg(place->receiver, &message, 0));
	check(part.iov_base == data, "iovec");
	check(test_differs(data, size, seed) < 0, "place %u: other bytes", seed);
	check(strcmp(data + size, "end") == 0, "place %u: the last part is missing", seed);
	for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at))
		memcpy(&found, CMSG_DATA(at), sizeof(found));
	check(found == ttl, "place %u: time to live %d", seed, found);
	check(recv(place->receiver, data, 1, MSG_DONTWAIT) < 0, "place %u: one datagram too many", seed);
}

static void begin(int at, size_t size)
{
	const struct place *place = &places[at];
	char data[LENGTH];

	test_fill(data, size, at);
	if (at == 5)
		return send_with_ttl(place, data, size, 17);
	if (at == 4)
		must(connect(place->sender, (struct sockaddr *)&place->to, place->size));
	if (at == 4 || at == 3)
		set(place->sender, IPPROTO_UDP, UDP_CORK, 1);
	must(sendto(place->sender, data, size / 2, at == 4 ? 0 : MSG_MORE,
		    at == 4 ? NULL : (struct sockaddr *)&place->to, at == 4 ? 0 : place->size));
	must(send(place->sender, data + size / 2, size - size / 2, MSG_MORE));
}

static void end(int at, size_t size)
{
	const struct place *place = &places[at];
	int value = -1;
	socklen_t length = sizeof(value);
	bool corked = at == 3 || at == 4;

	must(getsockopt(place->sender, IPPROTO_UDP, UDP_CORK, &value, &length));
	check(value == corked, "place %d: UDP_CORK is %d", at, value);
	length = sizeof(value);
	must(getsockopt(place->sender, SOL_SOCKET, SO_MARK, &value, &length));
	check(!value, "place %d: SO_MARK is %x", at, value);
	must(send(place->sender, "end", 4, 0));
	if (corked)
		set(place->sender, IPPROTO_UDP, UDP_CORK, 0);
	expect(place, at, size, at == 5 ? 17 : 64);
}

int main(int argc, char **argv)
{
	static const enum form forms[] = { V4, V6, MAPPED, V6, V4, V4 };
	static const size_t sizes[] = { 100, LENGTH, 1000, 0, LENGTH, 1 };
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	test_init(argc, argv);
	must(ioctl(must(socket(AF_INET, SOCK_DGRAM, 0)), SIOCSIFFLAGS, &up));
	for (int i = 0; i < 6; i++) {
		make(&places[i], forms[i]);
		begin(i, sizes[i]);
	}
	test_ready();
	test_wait();
	for (int i = 0; i < 6; i++)
		end(i, sizes[i]);
	pass();
}
