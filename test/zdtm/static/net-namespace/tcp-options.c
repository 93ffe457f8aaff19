// SPDX-License-Identifier: GPL-2.0-only
/* Options of a connection, as in tcp/options, in a network namespace of the tree's own.
 *
 * options: --tcp-established
 * kinds: net tcp
 */
#include "own-network.h"

#include "../tcp/options.c"
