// SPDX-License-Identifier: GPL-2.0-only
/* Listeners, bound and unbound sockets, as in tcp/listener, in a network namespace of the tree's own.
 *
 * kinds: net tcp
 */
#include "own-network.h"

#include "../tcp/listener.c"
