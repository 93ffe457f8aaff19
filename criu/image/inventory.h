/* SPDX-License-Identifier: GPL-2.0-only */
/* inventory.img, the seal on an image directory: taken off first, put on last, asked for before anything else. */
#ifndef CRIU_IMAGE_INVENTORY_H
#define CRIU_IMAGE_INVENTORY_H

#include <stdbool.h>

#include "criu/image/directory.h"
#include "inventory.pb-c.h"

/* Before the first image is written: a directory with an old inventory would seem complete. */
int inventory_remove(const struct image_directory *directory);
/* After the last image. @durable: brings all of them to the disk, then writes the inventory and brings that there as
 * well; otherwise image_directory_sync() is the caller's to call. */
int inventory_write(const struct image_directory *directory, const InventoryEntry *inventory, bool durable);
/*
 * Reads, checks and sets the version of @directory; free with inventory_entry__free_unpacked(entry, NULL).
 * -ENOENT: no complete image; -EBADMSG: damaged; -EPROTONOSUPPORT: unknown version; -EPROTO: too old;
 * -ENOEXEC: a pre-dump, which is good for a parent only.
 */
int inventory_read(struct image_directory *directory, InventoryEntry **ret_inventory);
/* The same for the directory of a parent, which may also be a pre-dump. */
int inventory_read_parent(struct image_directory *directory, InventoryEntry **ret_inventory);
/* What these errors mean, as the last part of a message. */
const char *inventory_describe_error(int error);

#endif
