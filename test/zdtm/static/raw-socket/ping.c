// SPDX-License-Identifier: GPL-2.0-only
/* Sockets of ICMP that programs like ping have: identifiers, and an answer that comes after the restore.
 *
 * network: own
 */
#include "test.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0));

	must(ioctl(fd, SIOCSIFFLAGS, &request));
	close(fd);
}

static void allow_all(void)
{
	int fd = must(open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY));

	must(write(fd, "0 1000", 6));
	close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(4711) }, now = { 0 };
	struct icmphdr request = { .type = ICMP_ECHO, .un.echo.sequence = htons(7) }, answer = { 0 };
	socklen_t size = sizeof(now);
	int ping;

	test_init(argc, argv);
	loopback_up();
	allow_all();
	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ping = must(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
	must(bind(ping, (struct sockaddr *)&name, sizeof(name)));
	test_ready();
	test_wait();
	must(getsockname(ping, (struct sockaddr *)&now, &size));
	check(now.sin_port == name.sin_port, "its identifier is %d", ntohs(now.sin_port));
	must(sendto(ping, &request, sizeof(request), 0, (struct sockaddr *)&name, sizeof(name)));
	check(recv(ping, &answer, sizeof(answer), 0) == sizeof(answer), "no answer");
	check(answer.type == ICMP_ECHOREPLY && answer.un.echo.id == name.sin_port &&
		      answer.un.echo.sequence == htons(7),
	      "another answer");
	pass();
}
