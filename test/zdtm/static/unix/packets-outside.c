// SPDX-License-Identifier: GPL-2.0-only
/* A sequence of packets to a listener outside of the tree, if there is one: the scenario unix-reconnect-fails makes it so.
 * Afterwards it says that it is here again.
 */
#include "test.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "outside" };
	int pair[2];

	test_init(argc, argv);
	if (access("outside", F_OK) == 0) {
		pair[0] = must(socket(AF_UNIX, SOCK_SEQPACKET, 0));
		must(connect(pair[0], (struct sockaddr *)&address, sizeof(address)));
	} else {
		must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	}
	must(dup2(pair[0], 60));
	must(close(pair[0]));
	test_ready();
	test_wait();
	must(send(60, "here", 4, 0));
	must(send(60, "again", 5, 0));
	pass();
}
