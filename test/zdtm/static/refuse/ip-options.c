// SPDX-License-Identifier: GPL-2.0-only
/* A UDP socket that sends options of IP with each packet.
 *
 * refuses: IP_OPTIONS
 * kinds: udp
 */
#include "test.h"

#include <netinet/in.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	int fd;

	test_init(argc, argv);
	fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, "\1\1\1\1", 4));
	test_ready();
	test_wait();
	pass();
}
