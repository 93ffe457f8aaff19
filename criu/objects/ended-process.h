/* SPDX-License-Identifier: GPL-2.0-only */
/* Files below /proc/PID of processes that have ended: there is nothing to read in them, but they are open. */
#ifndef CRIU_OBJECTS_ENDED_PROCESS_H
#define CRIU_OBJECTS_ENDED_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "regfile.pb-c.h"

struct dump;
struct restore;
struct named_file;

/* The name of such a file, without what the kernel adds to it; NULL: it is none. */
const char *ended_process_name(struct dump *dump, const struct named_file *file);
int ended_process_dump(struct dump *dump, const RegFileEntry *record);

/* Restore: @record belongs to such a process; refused when somebody else has the pid. */
int ended_process_load(struct restore *restore, const RegFileEntry *record, uint32_t pid);
bool ended_process_is(const struct restore *restore, const RegFileEntry *record);
/* A process that has the pid for as long as the file is being opened. Returns 0 or -errno, logged. */
int ended_process_start(const struct restore *restore, const RegFileEntry *record, pid_t *ret_pid);
void ended_process_stop(pid_t pid);

#endif
