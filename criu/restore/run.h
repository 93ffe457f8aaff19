/* SPDX-License-Identifier: GPL-2.0-only */
/* A restore from begin to end. */
#ifndef CRIU_RESTORE_RUN_H
#define CRIU_RESTORE_RUN_H

#include <stdio.h>

struct options;

/* Returns 0 when the tree runs (and, unless detached, has ended), or -errno, logged: then nothing is left behind. */
int restore_run(const struct options *options);
/* The names of the steps, one a line (--fault-step list). */
void restore_print_steps(FILE *out);

#endif
