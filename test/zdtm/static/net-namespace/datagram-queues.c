// SPDX-License-Identifier: GPL-2.0-only
/* Datagrams that wait to be read, as in udp/queues, in a network namespace of the tree's own.
 *
 * kinds: net udp
 */
#include "own-network.h"

#include "../udp/queues.c"
