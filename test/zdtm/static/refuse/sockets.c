// SPDX-License-Identifier: GPL-2.0-only
/* Sockets that cannot be kept: a byte out of band, a family whose state nobody tells.
 *
 * refuses: sockets of family AF_XDP (44), type 3, protocol 0 (no call tells the memory; out of band
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
	if (socket(44 /* AF_XDP */, SOCK_RAW, 0) < 0)
		skip("this kernel has no AF_XDP");
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	if (send(pair[0], "!", 1, MSG_OOB) < 0)
		skip("this kernel has no bytes out of band here");

	test_ready();
	test_wait();

	check(recv(pair[1], &byte, 1, MSG_OOB) == 1 && byte == '!', "the byte out of band is lost");
	pass();
}
