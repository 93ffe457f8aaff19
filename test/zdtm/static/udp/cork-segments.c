// SPDX-License-Identifier: GPL-2.0-only
/* Datagrams that are not complete of sockets with options that say how they are sent: in segments (UDP_SEGMENT), without a
 * checksum, with a mark, by multicast, from one of several addresses. They arrive as they would have.
 *
 * network: own
 * kinds: udp
 */
#include "test.h"

#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define SEGMENT 1000
#define LENGTH 2500
#define GROUP 0xe8010203u
#define SOURCE 0x7f000005u

static int receiver, segments, multicast, marked;
static struct sockaddr_in name = { .sin_family = AF_INET };

static void set(int fd, int level, int option, int value)
{
	must(setsockopt(fd, level, option, &value, sizeof(value)));
}

static void begin(int fd, uint32_t to, const void *data, size_t size)
{
	name.sin_addr.s_addr = htonl(to);
	must(sendto(fd, data, size, MSG_MORE, (struct sockaddr *)&name, sizeof(name)));
}

/* From an address that the socket does not have by itself. */
static void begin_from(int fd, uint32_t from, const void *data, size_t size)
{
	struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl(from) };
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(info))];
	} control = { .head = { CMSG_LEN(sizeof(info)), IPPROTO_IP, IP_PKTINFO } };
	struct iovec part = { (void *)data, size };
	struct msghdr message = { &name, sizeof(name), &part, 1, control.bytes, sizeof(control), 0 };

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memcpy(CMSG_DATA(&control.head), &info, sizeof(info));
	must(sendmsg(fd, &message, MSG_MORE));
}

static void expect(size_t size, const char *data, uint32_t from)
{
	char got[LENGTH];
	struct sockaddr_in sender;
	socklen_t length = sizeof(sender);
	ssize_t result = recvfrom(receiver, got, sizeof(got), 0, (struct sockaddr *)&sender, &length);

	check(result == (ssize_t)size, "%zd bytes instead of %zu", result, size);
	check(memcmp(got, data, size) == 0, "other bytes");
	check(sender.sin_addr.s_addr == htonl(from), "it comes from %x", ntohl(sender.sin_addr.s_addr));
}

static void set_up(const char *data)
{
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_MULTICAST };
	struct ip_mreqn member = { .imr_multiaddr.s_addr = htonl(GROUP), .imr_ifindex = 1 };
	socklen_t size = sizeof(name);

	receiver = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(ioctl(receiver, SIOCSIFFLAGS, &up));
	must(bind(receiver, (struct sockaddr *)&name, size));
	must(getsockname(receiver, (struct sockaddr *)&name, &size));
	must(setsockopt(receiver, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof(member)));
	segments = must(socket(AF_INET, SOCK_DGRAM, 0));
	multicast = must(socket(AF_INET, SOCK_DGRAM, 0));
	marked = must(socket(AF_INET, SOCK_DGRAM, 0));
	set(segments, IPPROTO_UDP, 103 /* UDP_SEGMENT */, SEGMENT);
	begin(segments, INADDR_LOOPBACK, data, LENGTH - 1);
	must(setsockopt(multicast, IPPROTO_IP, IP_MULTICAST_IF, &member, sizeof(member)));
	set(multicast, IPPROTO_IP, IP_MULTICAST_TTL, 3);
	begin(multicast, GROUP, data, 10);
	set(marked, SOL_SOCKET, SO_NO_CHECK, 1);
	set(marked, SOL_SOCKET, SO_MARK, 0x4711);
	begin_from(marked, SOURCE, data, 10);
	set(marked, SOL_SOCKET, SO_MARK, 0x4712);
}

int main(int argc, char **argv)
{
	static char data[LENGTH];
	int mark = 0;
	socklen_t size = sizeof(mark);

	test_init(argc, argv);
	test_fill(data, LENGTH, 7);
	set_up(data);
	test_ready();
	test_wait();
	must(getsockopt(marked, SOL_SOCKET, SO_MARK, &mark, &size));
	check(mark == 0x4712, "the mark is %x", mark);
	must(send(segments, data + LENGTH - 1, 1, 0));
	expect(SEGMENT, data, INADDR_LOOPBACK);
	expect(SEGMENT, data + SEGMENT, INADDR_LOOPBACK);
	expect(LENGTH - 2 * SEGMENT, data + 2 * SEGMENT, INADDR_LOOPBACK);
	must(send(multicast, data + 10, 1, 0));
	expect(11, data, 0); /* loopback has no address that may leave it */
	must(send(marked, data + 10, 1, 0));
	expect(11, data, SOURCE);
	pass();
}
