// SPDX-License-Identifier: GPL-2.0-only
/* A send queue of which a part was confirmed, as in tcp/partly-acknowledged, in a network namespace of the tree's own.
 *
 * options: --tcp-established
 * kinds: net tcp
 */
#include "own-network.h"

#include "../tcp/partly-acknowledged.c"
