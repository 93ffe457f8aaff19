/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that are opened again by name: whether the name still leads to them, and what their record says. */
#ifndef CRIU_OBJECTS_FILE_NAME_H
#define CRIU_OBJECTS_FILE_NAME_H

#include <stdint.h>
#include <sys/stat.h>

#include "regfile.pb-c.h"

struct dump;

/* A file that a task has, as one of the magic links below /proc/PID shows it. */
struct named_file {
	int proc_fd;
	const char *proc_link; /* "fd/3", "exe" */
	const char *name;      /* what the link reads as */
	struct stat stat;
	int mnt_id; /* -1: not known */
};

/* Why @file could not be opened again by its name; NULL when it can. */
const char *file_name_problem(struct dump *dump, const struct named_file *file);
/* Everything but flags and pos; the id is there already. Owner is nobody. Keeps a file that lost its name. */
int file_name_fill(struct dump *dump, const struct named_file *file, uint32_t flags, RegFileEntry *record);
/* Of these only what tells the file from another one: mode, size, build id. */
void file_name_describe(struct dump *dump, const struct named_file *file, uint32_t flags, RegFileEntry *record);

#endif
