// SPDX-License-Identifier: GPL-2.0-only
/* A listener of Multipath TCP, as in tcp/multipath, in a network namespace of the tree's own.
 *
 * kinds: net tcp
 */
#include "own-network.h"

#include "../tcp/multipath.c"
