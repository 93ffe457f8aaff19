/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors of the tasks: every open file is opened once, before the tasks are forked, at a number above all of
 * theirs (the service range); each task then puts them where its table wants them. */
#ifndef CRIU_RESTORE_DESCRIPTORS_H
#define CRIU_RESTORE_DESCRIPTORS_H

struct restore;
struct task;

/* Fills task->fds, after restore_load_files(); marks their files wanted. */
int restore_load_fdinfo(struct restore *restore, struct task *task);
/* Lets kinds check the records of all wanted files; refusals are in restore->refusals. */
int restore_check_files(struct restore *restore);
/* Chooses where the service range starts and makes room for it (soft limit only). After all tables are loaded. */
int restore_plan_service_fds(struct restore *restore);
/* Opens all wanted files; then the inherited descriptors are not needed any more. */
int restore_open_files(struct restore *restore);
/* Files that need the tasks to exist, or to be complete. */
int restore_reopen_files(struct restore *restore);
int restore_finish_files(struct restore *restore);
/* Closes what was opened, in this process, but for files that are let go later. For the one which runs the restore, once
 * the tasks have theirs. */
void restore_close_files(struct restore *restore);
/* Behind the commit: what is to be done right before the tasks run; then the rest is closed, too. */
void restore_let_go_files(struct restore *restore);
/* In the new task: completes its table, closes everything else below the service range. Processes, sessions and
 * groups of all tasks must exist. */
int restore_place_descriptors(struct restore *restore, struct task *task);

#endif
