/* SPDX-License-Identifier: GPL-2.0-only */
/* Image directories and the link from one to its parent, the directory of the dump before. */
#ifndef CRIU_IMAGE_DIRECTORY_H
#define CRIU_IMAGE_DIRECTORY_H

#include "criu/util/cleanup.h"

#define IMAGE_PARENT_LINK "parent"
/* Longest chain of parents; a chain that is longer runs in a circle. */
#define IMAGE_PARENT_DEPTH 1024

struct image_directory {
	int fd;
	unsigned int version; /* of the images in it (IMAGE_VERSION_*); reading the inventory sets it */
	unsigned int depth;   /* parent links followed to get here */
};

#define IMAGE_VERSION_1 1 /* files without a first word */
#define IMAGE_VERSION_2 2

#define IMAGE_DIRECTORY_NONE                             \
	{                                                \
		.fd = -EBADF, .version = IMAGE_VERSION_2 \
	}

int image_directory_open(const char *path, struct image_directory *ret_directory);
/* @fd stays with the caller. */
int image_directory_open_fd(int fd, struct image_directory *ret_directory);
/* -ENOENT: there is no parent; -ELOOP: too long a chain. The version of the parent is not known yet. */
int image_directory_open_parent(const struct image_directory *directory, struct image_directory *ret_parent);
/* Makes @path (relative to the directory) the parent in place of any other; NULL removes the link. */
int image_directory_link_parent(const struct image_directory *directory, const char *path);
/* Brings names and contents of all images in it to the disk. */
int image_directory_sync(const struct image_directory *directory);
void image_directory_close(struct image_directory *directory);

#define _cleanup_image_directory_ _cleanup_(image_directory_close)

#endif
