// SPDX-License-Identifier: GPL-2.0-only
/* Connections that come back closed, as in tcp/closed, in a network namespace of the tree's own.
 *
 * options: --tcp-close
 * kinds: net tcp
 */
#include "own-network.h"

#include "../tcp/closed.c"
