// SPDX-License-Identifier: GPL-2.0-only
/* A datagram socket that sends to one outside of the tree, as those of syslog do, if there is one: see the scenario
 * unix-datagrams-outside.
 */
#include "test.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "log" };
	int own = -1, fd;

	test_init(argc, argv);
	if (access("log", F_OK) < 0) {
		own = must(socket(AF_UNIX, SOCK_DGRAM, 0));
		must(bind(own, (struct sockaddr *)&address, sizeof(address)));
	}
	fd = must(socket(AF_UNIX, SOCK_DGRAM, 0));
	must(connect(fd, (struct sockaddr *)&address, sizeof(address)));
	test_ready();
	test_wait();
	check(send(fd, "here", 4, 0) == 4, "nothing can be sent");
	pass();
}
