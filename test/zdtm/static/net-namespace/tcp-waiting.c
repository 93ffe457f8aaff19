// SPDX-License-Identifier: GPL-2.0-only
/* Connections with both ends in the tree that wait to be accepted, as in tcp/waiting, in a network namespace of the tree's
 * own.
 *
 * kinds: net tcp accept_queues
 * skip-if: no-kernel-types
 * options: --tcp-established
 */
#include "own-network.h"

#include "../tcp/waiting.c"
