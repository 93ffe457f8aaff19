/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CRIU_OBJECTS_DEVICE_NAME_H
#define CRIU_OBJECTS_DEVICE_NAME_H

#include <sys/types.h>

struct dump;

/* A name below /dev of the device @number of type @type (S_IFCHR, S_IFBLK), or NULL; owned by the arena. */
const char *device_find_name(struct dump *dump, mode_t type, dev_t number);

#endif
