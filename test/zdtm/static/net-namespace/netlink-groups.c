// SPDX-License-Identifier: GPL-2.0-only
/* Netlink sockets, as in netlink-socket/groups, in a network namespace of the tree's own.
 *
 * kinds: net netlink_socket
 */
#include "own-network.h"

#include "../netlink-socket/groups.c"
