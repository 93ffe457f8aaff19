/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors of threads that are not the first of their process (pidfd_open(2), PIDFD_THREAD). */
#ifndef CRIU_OBJECTS_FD_PIDFD_THREAD_H
#define CRIU_OBJECTS_FD_PIDFD_THREAD_H

#include <sys/types.h>

#include "pidfd.pb-c.h"

struct dump;
struct fd_info;
struct file;
struct restore;
struct task;
struct task_list;

/* Whose thread it is; NULL: of none, or it is the first. */
const struct task *pidfd_find_thread(const struct task_list *tasks, pid_t tid);
/* Why such a descriptor cannot be kept, or NULL. */
const char *pidfd_thread_problem(const struct dump *dump, const struct fd_info *fd);

int pidfd_thread_load(struct restore *restore, const struct file *file);
/* All threads are there, and seized: the one task that has it opens it in place of what was reserved. */
int pidfd_thread_open(struct restore *restore, struct file *file);

#endif
