/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of a dump share. */
#ifndef CRIU_DUMP_INTERNAL_H
#define CRIU_DUMP_INTERNAL_H

#include <stdio.h>

#include "criu/model/dump.h"

/* plan.c: all steps in order; a failure undoes what was done. */
int dump_run_steps(struct dump *dump);

/* Calls @function for each task that is not a zombie, until one fails or the dump is cancelled. */
int dump_each_living(struct dump *dump, int (*function)(struct dump *dump, struct task *task));
int dump_check_cancelled(const struct dump *dump);

/* Tells the action scripts of a stage; 0 or -errno, logged. */
int dump_run_scripts(struct dump *dump, const char *stage);

/* survey.c: asks every kind, then stops if there is any refusal. */
int dump_survey(struct dump *dump);
int dump_stop_if_refused(struct dump *dump);

/* inject.c: what only the task itself can tell. */
int dump_inject(struct dump *dump);

/* task.c: records of tasks, threads and the tree. */
int dump_tasks(struct dump *dump);

/* finish.c */
int dump_begin_images(struct dump *dump);
int dump_finish_images(struct dump *dump);
int dump_release(struct dump *dump);

/* plugins.c: what plugins for devices are told. */
int dump_pause_devices(struct dump *dump);
int dump_checkpoint_devices(struct dump *dump);
int dump_devices_late(struct dump *dump);

#endif
