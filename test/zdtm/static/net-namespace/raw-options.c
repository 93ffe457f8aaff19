// SPDX-License-Identifier: GPL-2.0-only
/* Raw sockets, as in raw-socket/options, in a network namespace of the tree's own.
 *
 * kinds: net raw_socket
 */
#include "own-network.h"

#include "../raw-socket/options.c"
