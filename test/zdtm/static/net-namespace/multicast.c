// SPDX-License-Identifier: GPL-2.0-only
/* Multicast groups, as in udp/multicast, in a network namespace of the tree's own.
 *
 * kinds: net udp
 */
#include "own-network.h"

#include "../udp/multicast.c"
