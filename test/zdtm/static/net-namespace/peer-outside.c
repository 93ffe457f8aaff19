// SPDX-License-Identifier: GPL-2.0-only
/* In a network namespace of the tree's own, connections to a process in it that is not of the tree: refused, and that is
 * named. One of them is of IPv4 here, and of IPv4 in IPv6 there.
 *
 * options: --tcp-established
 * refuses: is held by process; (stranger), descriptor; is not of the tree; --external net[
 * kinds: net tcp
 */
#include "stranger.h"

int main(int argc, char **argv)
{
	int listener, client, server;

	test_init(argc, argv);
	listener = listen_for_client(&client);
	server = must(accept(listener, NULL, NULL));
	start_stranger();
	close(server);
	test_ready();
	test_wait();
	pass();
}
