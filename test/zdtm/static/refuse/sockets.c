// SPDX-License-Identifier: GPL-2.0-only
/* Sockets that cannot be kept: a connection that waits with data already, a byte out of
 * band, a family whose state nobody tells.
 *
 * refuses: waits to be accepted has data already; sockets of family AF_XDP (44), type 3, protocol 0 (no call tells the memory; out of band
 * kinds: unix
 */
#include "test.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "listener" };
	int listener, client, server, pair[2];
	char byte;

	test_init(argc, argv);
	listener = must(socket(AF_UNIX, SOCK_STREAM, 0));
	client = must(socket(AF_UNIX, SOCK_STREAM, 0));
	must(bind(listener, (struct sockaddr *)&address, sizeof(address)));
	must(listen(listener, 3));
	must(connect(client, (struct sockaddr *)&address, sizeof(address)));
	must(write(client, "early", 5));
	if (socket(44 /* AF_XDP */, SOCK_RAW, 0) < 0)
		skip("this kernel has no AF_XDP");
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	if (send(pair[0], "!", 1, MSG_OOB) < 0)
		skip("this kernel has no bytes out of band here");

	test_ready();
	test_wait();

	server = must(accept(listener, NULL, NULL));
	check(read(server, &byte, 1) == 1 && byte == 'e', "what was sent early is lost");
	check(recv(pair[1], &byte, 1, MSG_OOB) == 1 && byte == '!', "the byte out of band is lost");
	pass();
}
