// SPDX-License-Identifier: GPL-2.0-only
/* Sockets whose connection is over, as in tcp/ended, in a network namespace of the tree's own.
 *
 * kinds: net tcp
 */
#include "own-network.h"

#include "../tcp/ended.c"
