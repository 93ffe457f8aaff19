// SPDX-License-Identifier: GPL-2.0-only
/* Datagram sockets with abstract names, messages and peers that have ended, as in unix/peer-gone-others-stay, in a network
 * namespace of the tree's own.
 *
 * kinds: net unix
 */
#include "own-network.h"

#include "../unix/peer-gone-others-stay.c"
