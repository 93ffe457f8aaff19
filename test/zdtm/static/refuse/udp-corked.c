// SPDX-License-Identifier: GPL-2.0-only
/* A UDP socket that holds a datagram back until it is complete.
 *
 * refuses: holds back a datagram that is not complete
 * kinds: udp
 */
#include "test.h"

#include <netinet/in.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				    .sin_port = htons(9) };
	int fd;

	test_init(argc, argv);
	fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(sendto(fd, "part", 4, MSG_MORE, (struct sockaddr *)&name, sizeof(name)));
	test_ready();
	test_wait();
	pass();
}
