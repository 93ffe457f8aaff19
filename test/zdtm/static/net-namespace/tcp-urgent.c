// SPDX-License-Identifier: GPL-2.0-only
/* Urgent data in receive queues, as in tcp/urgent, in a network namespace of the tree's own.
 *
 * options: --tcp-established
 * kinds: net tcp
 */
#include "own-network.h"

#include "../tcp/urgent.c"
