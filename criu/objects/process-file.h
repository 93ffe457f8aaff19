/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of /proc that belong to a process of the tree: there is nothing to open before that process is made. */
#ifndef CRIU_OBJECTS_PROCESS_FILE_H
#define CRIU_OBJECTS_PROCESS_FILE_H

#include <stdbool.h>

#include "regfile.pb-c.h"

struct dump;
struct restore;
struct file;
struct named_file;

/* Why such a file cannot be kept, or NULL. */
const char *process_file_problem(struct dump *dump, const struct named_file *file);

/* Restore: does the file belong to a process that is going to be made? */
bool process_file_is(const struct restore *restore, const RegFileEntry *record);
/* Something that holds the number until then. The descriptor is the caller's. -errno, logged. */
int process_file_reserve(struct restore *restore, const char *name, int *ret_fd);
/* The open file behind @fd takes the place of what was reserved for @file; closes @fd. */
int process_file_replace(const struct file *file, int fd);
/* In a task whose descriptor @fd is what was reserved: fetches the file. */
int process_file_fetch(const struct restore *restore, const struct file *file, int fd);

#endif
