// SPDX-License-Identifier: GPL-2.0-only
/* Listeners that share a port, as in tcp/reuseport, in a network namespace of the tree's own.
 *
 * options: --tcp-established
 * kinds: net tcp
 */
#include "own-network.h"

#include "../tcp/reuseport.c"
