/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CRIU_OBJECTS_TASK_CREDENTIALS_H
#define CRIU_OBJECTS_TASK_CREDENTIALS_H

#include "criu/objects/kinds.h"

/* Refuses what criu itself has no right to; the sets have at most two words. */
int credentials_check(struct restore *restore, const struct task *task);

#endif
