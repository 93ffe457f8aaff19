/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses that cannot be used yet. */
#ifndef CRIU_OBJECTS_SOCKET_INET_TENTATIVE_H
#define CRIU_OBJECTS_SOCKET_INET_TENTATIVE_H

#include <stdbool.h>

#include "criu/objects/socket/inet.h"

/* In the network namespace of the caller. False: there was nothing to wait for. */
bool inet_wait_for_address(const union inet_address *address);

#endif
