// SPDX-License-Identifier: GPL-2.0-only
/* A connection of fast open that waits to be accepted is there, with what came in its SYN.
 *
 * kinds: tcp accept_queues
 * options: --tcp-established
 * network: own
 * skip-if: no-kernel-types
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int settings, listener, client, server, length = 5, on = 1;
	socklen_t size = sizeof(address);
	struct tcp_info info = { 0 };
	char data[16] = "";

	test_init(argc, argv);
	settings = open("/proc/sys/net/ipv4/tcp_fastopen", O_WRONLY);
	if (settings < 0 || write(settings, "3", 1) != 1)
		skip("fast open cannot be switched on here");
	listener = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	must(bind(listener, (struct sockaddr *)&address, size));
	must(getsockname(listener, (struct sockaddr *)&address, &size));
	must(setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN, &length, sizeof(length)));
	must(setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, &on, sizeof(on)));
	must(listen(listener, 5));
	client = must(socket(AF_INET, SOCK_STREAM, 0));
	must(setsockopt(client, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, &on, sizeof(on)));
	check(must(sendto(client, "in the SYN", 10, MSG_FASTOPEN, (struct sockaddr *)&address, size)) == 10,
	      "short write");
	size = sizeof(info);
	must(getsockopt(client, IPPROTO_TCP, TCP_INFO, &info, &size));
	check(info.tcpi_options & TCPI_OPT_SYN_DATA, "it was no fast open");
	test_ready();
	test_wait();
	server = must(accept(listener, NULL, NULL));
	check(must(read(server, data, sizeof(data))) == 10 && memcmp(data, "in the SYN", 10) == 0, "'%s'", data);
	check(accept(listener, NULL, NULL) < 0 && errno == EAGAIN, "there is one more");
	check(must(write(server, "back", 4)) == 4, "short write");
	check(must(read(client, data, sizeof(data))) == 4 && memcmp(data, "back", 4) == 0, "'%s'", data);
	pass();
}
