/* SPDX-License-Identifier: GPL-2.0-only */
/* A dump from begin to end, with a guardian that repairs the tree should the worker die. */
#ifndef CRIU_DUMP_RUN_H
#define CRIU_DUMP_RUN_H

#include <stdio.h>

struct options;

/* Runs in two processes: the caller becomes the guardian of a worker. Returns 0, -errno (logged),
 * or the exit status of an action script that made it fail. */
int dump_run(const struct options *options);
/* The names of the steps, one a line (--fault-step list). */
void dump_print_steps(FILE *out);

#endif
