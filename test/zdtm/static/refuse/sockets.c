// SPDX-License-Identifier: GPL-2.0-only
/* Sockets that cannot be kept: a byte out of band, a family that nobody knows.
 *
 * refuses: AF_VSOCK (40), type 1; out of band
 * kinds: unix
 */
#include "test.h"

#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int pair[2];
	char byte;

	test_init(argc, argv);
	must(socket(AF_VSOCK, SOCK_STREAM, 0));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	if (send(pair[0], "!", 1, MSG_OOB) < 0)
		skip("this kernel has no bytes out of band here");

	test_ready();
	test_wait();

	check(recv(pair[1], &byte, 1, MSG_OOB) == 1 && byte == '!', "the byte out of band is lost");
	pass();
}
