// SPDX-License-Identifier: GPL-2.0-only
/* Send queues of which nothing or a part was sent, as in tcp/unsent, in a network namespace of the tree's own.
 *
 * options: --tcp-established
 * kinds: net tcp
 */
#include "own-network.h"

#include "../tcp/unsent.c"
