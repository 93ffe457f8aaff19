// SPDX-License-Identifier: GPL-2.0-only
/* A datagram that is held back, as in udp/cork, in a network namespace of the tree's own.
 *
 * kinds: net udp
 */
#include "own-network.h"

#include "../udp/cork.c"
