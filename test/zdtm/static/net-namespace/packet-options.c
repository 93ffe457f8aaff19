// SPDX-License-Identifier: GPL-2.0-only
/* Packet sockets, as in packet-socket/options, in a network namespace of the tree's own.
 *
 * kinds: net packet_socket
 */
#include "own-network.h"

#include "../packet-socket/options.c"
