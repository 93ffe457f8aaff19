// SPDX-License-Identifier: GPL-2.0-only
// The inventory: written last and synced, so that a directory with one is complete.
#include "criu/image/inventory.h"

#include <stdbool.h>
#include <string.h>

#include "criu/image/file.h"

#define IMAGE_VERSION_PRE_DUMP 0

int inventory_remove(const struct image_directory *directory)
{
	return image_remove(directory, IMAGE_INVENTORY, 0);
}

static int inventory_write_file(const struct image_directory *directory, const InventoryEntry *inventory, bool durable)
{
	struct image_file *file;
	int error = image_create(directory, IMAGE_INVENTORY, 0, &file);
	int close_error;

	if (error)
		return error;
	error = image_write_record(file, &inventory->base);
	if (!error && durable)
		error = image_sync(file);
	close_error = image_close(file);
	return error ?: close_error;
}

int inventory_write(const struct image_directory *directory, const InventoryEntry *inventory, bool durable)
{
	int error = durable ? image_directory_sync(directory) : 0;

	if (error)
		return error;
	error = inventory_write_file(directory, inventory, durable);
	if (!error && durable && fsync(directory->fd) < 0)
		error = -errno;
	if (error)
		inventory_remove(directory);
	return error;
}

static int inventory_check(const InventoryEntry *inventory)
{
	if (inventory->img_version == IMAGE_VERSION_PRE_DUMP)
		return -ENOEXEC;
	if (inventory->img_version != IMAGE_VERSION_1 && inventory->img_version != IMAGE_VERSION_2)
		return -EPROTONOSUPPORT;
	if (!inventory->has_fdinfo_per_id || !inventory->fdinfo_per_id)
		return -EPROTO;
	if (!inventory->has_ns_per_id || !inventory->ns_per_id)
		return -EPROTO;
	return 0;
}

static int inventory_read_file(struct image_directory *directory, InventoryEntry **ret_inventory)
{
	_cleanup_image_close_ struct image_file *file = NULL;
	ProtobufCMessage *message = NULL;
	int error = image_open(directory, IMAGE_INVENTORY, 0, &file) ?: image_read_single(file, &message);

	if (error)
		return error;
	*ret_inventory = (InventoryEntry *)message;
	return 0;
}

static int inventory_read_checked(struct image_directory *directory, bool pre_dump_too, InventoryEntry **ret_inventory)
{
	_cleanup_message_ InventoryEntry *inventory = NULL;
	int error = inventory_read_file(directory, &inventory);

	if (error)
		return error;
	error = inventory_check(inventory);
	if (error && !(error == -ENOEXEC && pre_dump_too))
		return error;
	/* A pre-dump tells no version; its images are as those of today. */
	directory->version = inventory->img_version ?: IMAGE_VERSION_2;
	*ret_inventory = steal_pointer(&inventory);
	return 0;
}

int inventory_read(struct image_directory *directory, InventoryEntry **ret_inventory)
{
	return inventory_read_checked(directory, false, ret_inventory);
}

int inventory_read_parent(struct image_directory *directory, InventoryEntry **ret_inventory)
{
	return inventory_read_checked(directory, true, ret_inventory);
}

const char *inventory_describe_error(int error)
{
	switch (error) {
	case -ENOENT:
		return "no 'inventory.img': not an image directory, or its dump was not finished";
	case -EBADMSG:
		return "'inventory.img' is damaged";
	case -EPROTONOSUPPORT:
		return "unknown version of images";
	case -EPROTO:
		return "images are too old";
	case -ENOEXEC:
		return "images of a pre-dump, which can only be the parent of a dump";
	default:
		return strerror(-error);
	}
}
