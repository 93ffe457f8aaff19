/* SPDX-License-Identifier: GPL-2.0-only */
/* Files and mounts that inotify and fanotify watch. The kernel tells their inode and file handle, no name. */
#ifndef CRIU_OBJECTS_WATCHED_H
#define CRIU_OBJECTS_WATCHED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fsnotify.pb-c.h"

struct arena;
struct dump;
struct fd_info;
struct file;
struct restore;

#define WATCHED_HANDLE_MAX 128

struct watched {
	uint64_t inode;
	uint32_t dev;	      /* kernel's encoding */
	uint32_t type, bytes; /* of the handle; 0 bytes: the kernel tells none */
	uint8_t handle[WATCHED_HANDLE_MAX];
	/* found at the dump */
	const char *path; /* NULL: none is known */
	uint32_t file;	  /* id of an open file of the tree that lost its name; 0: none */
};

/* Reads "ino:", "sdev:", "fhandle-bytes:"... of a line of fdinfo. 0 or -errno. */
int watched_parse(const char *value, struct watched *ret);
/* Refuses an inotify or fanotify descriptor in which events wait: to read them would take them away. -errno: logged. */
int watched_survey_events(struct dump *dump, const struct fd_info *fd);
/* 1: a restore finds it again, by handle, path or file. 0: it does not, and *@ret_why tells the reason. -errno: logged. */
int watched_find(struct dump *dump, struct watched *watched, const char **ret_why);
FhEntry *watched_dump(struct dump *dump, const struct watched *watched);

/* The mountpoint of mount @id, or of any mount of device @dev when @id is 0; NULL: there is none. */
const char *watched_mountpoint(void **kind_state, struct arena *arena, int id, uint32_t dev, int *ret_id);
/* Opens by handle, in the file system of @dev, without that anybody is told. O_PATH. -ESTALE: not there. */
int watched_open_handle(void **kind_state, struct arena *arena, const struct watched *watched);

/* Restore: what a record means; -EBADMSG for what is impossible. */
int watched_load(uint64_t inode, uint32_t dev, const FhEntry *record, struct watched *ret);
/* An O_PATH descriptor of it; @file has lost its name and is open, or is NULL. -ESTALE: there is no such file. */
int watched_open(struct restore *restore, const struct watched *watched, const struct file *file);

#endif
