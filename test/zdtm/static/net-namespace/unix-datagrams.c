// SPDX-License-Identifier: GPL-2.0-only
/* Datagram sockets with abstract names, messages and peers that have ended, as in unix/peer-gone-others-stay, in a network
 * namespace of the tree's own. A socket of the namespace that the task has left has the name of a sender.
 *
 * kinds: net unix
 */
#include "own-network.h"

#include "../unix/peer-gone-others-stay.c"

/* Before own-network.h leaves the namespace. */
static void __attribute__((constructor(200))) make_namesake(void)
{
	new_socket(&third);
}
