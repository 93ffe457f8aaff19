// SPDX-License-Identifier: GPL-2.0-only
/* Raw sockets of IPv4 and IPv6: protocol, address, peer, filters of ICMP, headers of their own, checksums.
 */
#include "test.h"

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define PROTOCOL 253 /* for experiments */

static int get(int fd, int level, int option)
{
	int value = -2;
	socklen_t size = sizeof(value);

	must(getsockopt(fd, level, option, &value, &size));
	return value;
}

static void set(int fd, int level, int option, int value)
{
	must(setsockopt(fd, level, option, &value, sizeof(value)));
}

int main(int argc, char **argv)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) },
			   now = { 0 };
	struct icmp6_filter filter, filter_now;
	socklen_t size = sizeof(filter_now), name_size = sizeof(now);
	char packet[20] = { 0x45, [8] = 64, [9] = (char)PROTOCOL };
	int icmp, icmp6, bound, whole, summed, value = 0;

	test_init(argc, argv);
	icmp = must(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	set(icmp, SOL_RAW, ICMP_FILTER, 0x1234567f);
	set(icmp, IPPROTO_IP, IP_NODEFRAG, 1);
	icmp6 = must(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));
	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(134, &filter);
	must(setsockopt(icmp6, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)));
	bound = must(socket(AF_INET, SOCK_RAW, PROTOCOL));
	set(bound, IPPROTO_IP, IP_HDRINCL, 1);
	must(bind(bound, (struct sockaddr *)&name, sizeof(name)));
	must(connect(bound, (struct sockaddr *)&name, sizeof(name)));
	whole = must(socket(AF_INET, SOCK_RAW, IPPROTO_RAW));
	summed = must(socket(AF_INET6, SOCK_RAW, PROTOCOL));
	set(summed, IPPROTO_IPV6, IPV6_CHECKSUM, 4);
	test_ready();
	test_wait();
	check(get(icmp, SOL_RAW, ICMP_FILTER) == 0x1234567f, "filter of ICMP");
	check(get(icmp, IPPROTO_IP, IP_NODEFRAG) == 1, "IP_NODEFRAG");
	must(getsockopt(icmp6, IPPROTO_ICMPV6, ICMP6_FILTER, &filter_now, &size));
	check(memcmp(&filter, &filter_now, sizeof(filter)) == 0, "filter of ICMPv6");
	check(get(icmp6, IPPROTO_IPV6, IPV6_CHECKSUM) == 2, "checksum of ICMPv6");
	check(get(bound, IPPROTO_IP, IP_HDRINCL) == 1, "IP_HDRINCL");
	must(getsockname(bound, (struct sockaddr *)&now, &name_size));
	check(now.sin_addr.s_addr == name.sin_addr.s_addr, "address");
	check(send(bound, packet, sizeof(packet), 0) == sizeof(packet), "it has no peer");
	check(get(bound, SOL_SOCKET, SO_PROTOCOL) == PROTOCOL, "protocol");
	check(get(whole, IPPROTO_IP, IP_HDRINCL) == 1, "whole packets");
	check(get(summed, IPPROTO_IPV6, IPV6_CHECKSUM) == 4, "place of the checksum");
	size = sizeof(value);
	must(getsockopt(summed, IPPROTO_IPV6, 36, &value, &size)); /* IPV6_HDRINCL */
	check(value == 0, "IPV6_HDRINCL");
	pass();
}
