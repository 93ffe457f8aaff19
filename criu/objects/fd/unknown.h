/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors that no kind takes, called by their names. */
#ifndef CRIU_OBJECTS_FD_UNKNOWN_H
#define CRIU_OBJECTS_FD_UNKNOWN_H

#include <sys/types.h>

struct dump;
struct fd_info;

/* What @fd is, in the plural: "sockets". */
const char *fd_name_unknown(struct dump *dump, const struct fd_info *fd);

/* What a character device of this number is. */
const char *fd_name_device(dev_t number);

#endif
