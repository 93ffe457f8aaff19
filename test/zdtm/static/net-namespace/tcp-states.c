// SPDX-License-Identifier: GPL-2.0-only
/* Connections in each state, as in tcp/states, in a network namespace of the tree's own.
 *
 * options: --tcp-established
 * kinds: net tcp
 */
#include "own-network.h"

#include "../tcp/states.c"
