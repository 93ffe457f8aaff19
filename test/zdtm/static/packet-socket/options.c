// SPDX-License-Identifier: GPL-2.0-only
/* Packet sockets: device, protocol, memberships with counts, options, fanout, a filter; what they get after the restore.
 *
 * network: own
 */
#include "test.h"

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define FANOUT (4711 | PACKET_FANOUT_LB << 16)

static int option(int fd, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);

	must(getsockopt(fd, SOL_PACKET, name, &value, &size));
	return value;
}

static void set(int fd, int name, int value)
{
	must(setsockopt(fd, SOL_PACKET, name, &value, sizeof(value)));
}

static bool is_member(void)
{
	FILE *list = fopen("/proc/self/net/dev_mcast", "r");
	bool found = false;
	char line[200];

	check(list != NULL, "/proc/self/net/dev_mcast");
	while (fgets(line, sizeof(line), list))
		found |= strstr(line, "333300004711") != NULL;
	fclose(list);
	return found;
}

static int make(int type, int made_with, int protocol)
{
	struct sockaddr_ll name = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = 1 };
	int fd = must(socket(AF_PACKET, type, htons(made_with)));

	must(bind(fd, (struct sockaddr *)&name, sizeof(name)));
	return fd;
}

int main(int argc, char **argv)
{
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	struct packet_mreq all = { .mr_ifindex = 1,
				   .mr_type = PACKET_MR_MULTICAST,
				   .mr_alen = 6,
				   .mr_address = "\x33\x33\x00\x00\x47\x11" };
	struct sockaddr_ll name = { .sll_family = AF_PACKET, .sll_protocol = htons(0x88b5), .sll_ifindex = 1 },
			   now = { 0 };
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 4) };
	struct sock_fprog program = { .len = 1, .filter = code };
	socklen_t size = sizeof(now);
	char bytes[100];
	int inet, plain, group[2], unused;

	test_init(argc, argv);
	inet = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(ioctl(inet, SIOCSIFFLAGS, &up));
	plain = make(SOCK_DGRAM, 0, 0x88b5); /* for experiments */
	for (int i = 0; i < 3; i++)
		must(setsockopt(plain, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)));
	set(plain, PACKET_AUXDATA, 1);
	set(plain, PACKET_ORIGDEV, 1);
	set(plain, PACKET_VERSION, TPACKET_V2);
	set(plain, PACKET_RESERVE, 32);
	set(plain, PACKET_IGNORE_OUTGOING, 1);
	must(setsockopt(plain, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	for (int i = 0; i < 2; i++) {
		group[i] = make(SOCK_RAW, 0x88b6, 0x88b6);
		set(group[i], PACKET_FANOUT, FANOUT);
	}
	unused = must(socket(AF_PACKET, SOCK_RAW, 0));
	test_ready();
	test_wait();
	must(getsockname(plain, (struct sockaddr *)&now, &size));
	check(now.sll_protocol == htons(0x88b5) && now.sll_ifindex == 1, "address");
	for (int i = 0; i < 3; i++) {
		check(is_member(), "%d memberships are missing", 3 - i);
		must(setsockopt(plain, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &all, sizeof(all)));
	}
	check(!is_member(), "one membership too many");
	check(option(plain, PACKET_AUXDATA) == 1 && option(plain, PACKET_ORIGDEV) == 1,
	      "PACKET_AUXDATA, PACKET_ORIGDEV");
	check(option(plain, PACKET_VERSION) == TPACKET_V2 && option(plain, PACKET_RESERVE) == 32, "PACKET_VERSION");
	check(option(plain, PACKET_IGNORE_OUTGOING) == 1, "PACKET_IGNORE_OUTGOING");
	check(option(group[0], PACKET_FANOUT) == FANOUT && option(group[1], PACKET_FANOUT) == FANOUT,
	      "PACKET_FANOUT");
	name.sll_halen = 6;
	must(sendto(unused, "01234501234567hello", 19, 0, (struct sockaddr *)&name, sizeof(name)));
	must(sendto(unused, "\0\0\0\0\0\0\0\0\0\0\0\0\x88\xb5hello", 19, 0, (struct sockaddr *)&name, sizeof(name)));
	check(recv(plain, bytes, sizeof(bytes), 0) == 4 && memcmp(bytes, "hell", 4) == 0,
	      "what the filter lets through");
	pass();
}
