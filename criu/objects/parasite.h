/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions to the parasite while it is in a task. */
#ifndef CRIU_OBJECTS_PARASITE_H
#define CRIU_OBJECTS_PARASITE_H

#include <stddef.h>

#include "criu/blobs/parasite/parasite.h"

struct thread;

/* No question is larger. */
#define PARASITE_DATA_MAX 8192

/* Has @thread answer @command (enum parasite_command); @argument holds the question and gets the answer. 0 or -errno,
 * logged. */
int parasite_ask(struct thread *thread, unsigned int command, void *argument, size_t size);

#endif
