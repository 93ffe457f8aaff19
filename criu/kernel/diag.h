/* SPDX-License-Identifier: GPL-2.0-only */
/* sock_diag(7): lists of sockets, asked of the kernel over netlink. Knows no family; answers are read with bounds. */
#ifndef CRIU_KERNEL_DIAG_H
#define CRIU_KERNEL_DIAG_H

#include <stddef.h>
#include <stdint.h>

/* Takes one message: a header of the family, then attributes. Not aligned. Returns 0 or -errno, which ends the list. */
typedef int (*diag_take)(void *context, const void *message, size_t size);

/* One datagram of an answer. 1: more are to come; 0: this was the last one; -errno of the kernel, of @take, or -EBADMSG. */
int diag_parse(const void *data, size_t size, diag_take take, void *context);

/* What attribute @type of @message holds, behind a header of @header bytes; NULL when it is not there or has less than
 * @minimum bytes. @ret_size may be NULL. */
const void *diag_attribute(const void *message, size_t size, size_t header, uint16_t type, size_t minimum,
			   size_t *ret_size);

/* Asks on a socket of NETLINK_SOCK_DIAG for all that @request describes. -ENOENT: the kernel has no such protocol. */
int diag_list(int socket, const void *request, size_t size, diag_take take, void *context);

#endif
