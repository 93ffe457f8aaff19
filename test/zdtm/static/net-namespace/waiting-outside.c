// SPDX-License-Identifier: GPL-2.0-only
/* In a network namespace of the tree's own, a connection that waits to be accepted, of a process in it that is not of the
 * tree: refused, and that is named.
 *
 * options: --tcp-established
 * refuses: is held by process; (stranger), descriptor; is not of the tree; --external net[
 * kinds: net tcp accept_queues
 * skip-if: no-kernel-types
 */
#include "stranger.h"

int main(int argc, char **argv)
{
	int listener, client;

	test_init(argc, argv);
	listener = listen_for_client(&client);
	start_stranger();
	close(client);
	test_ready();
	test_wait();
	must(accept(listener, NULL, NULL));
	pass();
}
