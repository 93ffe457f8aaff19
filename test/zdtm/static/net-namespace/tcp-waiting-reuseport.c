// SPDX-License-Identifier: GPL-2.0-only
/* Connections that wait at several listeners of one port, as in tcp/waiting-reuseport, in a network namespace of the tree's
 * own.
 *
 * kinds: net tcp accept_queues
 * skip-if: no-kernel-types
 * options: --tcp-established
 */
#include "own-network.h"

#include "../tcp/waiting-reuseport.c"
