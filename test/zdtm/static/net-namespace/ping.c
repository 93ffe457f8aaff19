// SPDX-License-Identifier: GPL-2.0-only
/* Sockets of ICMP, as in raw-socket/ping, in a network namespace of the tree's own.
 *
 * kinds: net raw_socket
 */
#include "own-network.h"

#include "../raw-socket/ping.c"
