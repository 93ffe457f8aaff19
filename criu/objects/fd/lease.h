/* SPDX-License-Identifier: GPL-2.0-only */
/* Leases (F_SETLEASE), of which some are being broken: their holder was told that somebody else wants the file. */
#ifndef CRIU_OBJECTS_FD_LEASE_H
#define CRIU_OBJECTS_FD_LEASE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "file-lock.pb-c.h"

struct dump;
struct fd_info;
struct file;
struct proc_lock;
struct task;

/* Notes the lease of a descriptor, and refuses one that cannot be taken again. */
void lease_survey(struct dump *dump, const struct fd_info *fd, const struct proc_lock *lock);
/* After the survey of its task: nobody may open such a file, for that breaks the lease. */
bool lease_forbids_opening(const struct dump *dump, const struct stat *stat);
/* As images have it. */
uint32_t lease_type(const struct proc_lock *lock);
bool lease_type_is_known(uint32_t type);
/* In the task, when all files are open. */
int lease_set(const struct task *task, const FileLockEntry *record, const struct file *file);

#endif
