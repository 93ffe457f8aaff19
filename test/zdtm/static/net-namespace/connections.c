// SPDX-License-Identifier: GPL-2.0-only
/* TCP sockets in a network namespace of the tree's own are refused by name.
 *
 * refuses: TCP sockets are not kept there
 * kinds: net
 */
#include "test.h"

#include <sched.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	int fd;

	test_init(argc, argv);
	must(unshare(CLONE_NEWNET));
	fd = must(socket(AF_INET, SOCK_STREAM, 0));
	must(listen(fd, 5));
	test_ready();
	test_wait();
	pass();
}
