// SPDX-License-Identifier: GPL-2.0-only
/* Packet sockets with rings, as in packet-socket/frames, in a network namespace of the tree's own.
 *
 * kinds: net packet_socket
 */
#include "own-network.h"

#include "../packet-socket/frames.c"
