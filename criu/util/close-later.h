/* SPDX-License-Identifier: GPL-2.0-only */
/* Closing descriptors of which the kernel takes long to let go. */
#ifndef CRIU_UTIL_CLOSE_LATER_H
#define CRIU_UTIL_CLOSE_LATER_H

/* Closes @fd, which nobody else may hold; where the kernel can, it does the rest when we have gone on, or ended. */
void close_later(int fd);

#endif
