// SPDX-License-Identifier: GPL-2.0-only
/* ICMPv6: a socket as ping has it, and raw ones with a filter of their own and one of instructions, and with a checksum that
 * the kernel fills in. What they get after the restore is what those let through.
 *
 * network: own
 * kinds: raw_socket
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROTOCOL 253 /* for experiments */
#define ECHO_ID 4711

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0));

	must(ioctl(fd, SIOCSIFFLAGS, &request));
	close(fd);
	fd = must(open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY));
	must(write(fd, "0 1000", 6));
	close(fd);
}

static void expect_echo(int fd, int id, int number)
{
	struct icmp6_hdr answer = { 0 };

	check(recv(fd, &answer, sizeof(answer), 0) >= (ssize_t)sizeof(answer), "no answer");
	check(answer.icmp6_type == ICMP6_ECHO_REPLY && answer.icmp6_id == htons(id) &&
		      answer.icmp6_seq == htons(number),
	      "another answer: type %d, id %d, number %d", answer.icmp6_type, ntohs(answer.icmp6_id),
	      ntohs(answer.icmp6_seq));
}

static int make_ping(const struct sockaddr_in6 *name)
{
	int fd = must(socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6));

	must(bind(fd, (const struct sockaddr *)name, sizeof(*name)));
	return fd;
}

/* Replies only, and of those the ones with an even number. */
static int make_filtered(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 7),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 65535),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(code), .filter = code };
	struct icmp6_filter filter;
	int fd = must(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));

	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
	must(setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)));
	must(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	return fd;
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 name = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct icmp6_hdr request = { .icmp6_type = ICMP6_ECHO_REQUEST };
	int ping, filtered, summed, plain, place = 2;
	unsigned char bytes[8] = { 1, 2, 0, 0, 5, 6, 7, 8 };

	test_init(argc, argv);
	loopback_up();
	name.sin6_port = htons(ECHO_ID);
	ping = make_ping(&name);
	name.sin6_port = 0;
	filtered = make_filtered();
	summed = must(socket(AF_INET6, SOCK_RAW, PROTOCOL));
	must(setsockopt(summed, IPPROTO_IPV6, IPV6_CHECKSUM, &place, sizeof(place)));
	must(connect(summed, (struct sockaddr *)&name, sizeof(name)));
	test_ready();
	test_wait();
	for (int i = 7; i < 9; i++) {
		request.icmp6_seq = htons(i);
		must(sendto(ping, &request, sizeof(request), 0, (struct sockaddr *)&name, sizeof(name)));
		expect_echo(ping, ECHO_ID, i);
	}
	expect_echo(filtered, ECHO_ID, 8);
	check(recv(filtered, bytes, 8, MSG_DONTWAIT) < 0 && errno == EAGAIN, "it lets more through");
	plain = must(socket(AF_INET6, SOCK_RAW, PROTOCOL));
	must(send(summed, bytes, sizeof(bytes), 0));
	check(recv(plain, bytes, sizeof(bytes), 0) == 8 && (bytes[2] || bytes[3]), "no checksum is filled in");
	check(recv(summed, bytes, sizeof(bytes), 0) == 8, "its checksum is wrong");
	bytes[2]++;
	must(sendto(plain, bytes, sizeof(bytes), 0, (struct sockaddr *)&name, sizeof(name)));
	check(recv(summed, bytes, sizeof(bytes), MSG_DONTWAIT) < 0 && errno == EAGAIN,
	      "it takes what has a wrong checksum");
	pass();
}
