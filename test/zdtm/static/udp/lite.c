// SPDX-License-Identifier: GPL-2.0-only
/* UDP-Lite, which Linux 7.1 has no more: a queue, coverage of the checksum both ways, a datagram that is not complete.
 *
 * network: own
 * kinds: udp
 */
#include "test.h"

#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define SEND_COVERAGE 10
#define RECEIVE_COVERAGE 11

static int get(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	must(getsockopt(fd, IPPROTO_UDPLITE, option, &value, &size));
	return value;
}

static void expect(int fd, const char *text)
{
	char got[20] = "";

	must(recv(fd, got, sizeof(got), 0));
	check(strcmp(got, text) == 0, "'%s', not '%s'", got, text);
}

int main(int argc, char **argv)
{
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);
	int sender, receiver, whole = 8;

	test_init(argc, argv);
	sender = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
	if (sender < 0)
		skip("this kernel has no UDP-Lite");
	must(ioctl(sender, SIOCSIFFLAGS, &up));
	receiver = must(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE));
	must(bind(receiver, (struct sockaddr *)&name, size));
	must(getsockname(receiver, (struct sockaddr *)&name, &size));
	must(setsockopt(sender, IPPROTO_UDPLITE, SEND_COVERAGE, &whole, sizeof(whole)));
	must(setsockopt(receiver, IPPROTO_UDPLITE, RECEIVE_COVERAGE, &whole, sizeof(whole)));
	must(sendto(sender, "waits", 6, 0, (struct sockaddr *)&name, size));
	must(sendto(sender, "one, ", 5, MSG_MORE, (struct sockaddr *)&name, size));
	test_ready();
	test_wait();
	check(get(sender, SEND_COVERAGE) == 8, "coverage sending: %d", get(sender, SEND_COVERAGE));
	check(get(receiver, RECEIVE_COVERAGE) == 8, "coverage receiving: %d", get(receiver, RECEIVE_COVERAGE));
	expect(receiver, "waits");
	must(send(sender, "two", 4, 0));
	expect(receiver, "one, two");
	pass();
}
