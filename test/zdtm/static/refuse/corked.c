// SPDX-License-Identifier: GPL-2.0-only
/* Sockets that hold a datagram back which cannot be kept: longer than the packet log takes, of a socket that was shut down
 * for sending since, of one that sends options of IP with it, of a raw socket.
 *
 * refuses: may be too long to be read; cannot be begun anew, as it is shut down for sending; which goes with options of IP; (UDP_CORK, MSG_MORE), which cannot be read
 * kinds: udp raw_socket
 */
#include "test.h"

#include <netinet/in.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				    .sin_port = htons(9) };
	static char data[65507];
	int fd;

	test_init(argc, argv);
	fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(sendto(fd, data, sizeof(data), MSG_MORE, (struct sockaddr *)&name, sizeof(name)));
	fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(connect(fd, (struct sockaddr *)&name, sizeof(name)));
	must(send(fd, data, 3, MSG_MORE));
	must(shutdown(fd, SHUT_WR));
	fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, "\1\1\1\1", 4));
	must(sendto(fd, data, 3, MSG_MORE, (struct sockaddr *)&name, sizeof(name)));
	fd = must(socket(AF_INET, SOCK_RAW, 253));
	must(sendto(fd, data, 8, MSG_MORE, (struct sockaddr *)&name, sizeof(name)));
	test_ready();
	test_wait();
	pass();
}
