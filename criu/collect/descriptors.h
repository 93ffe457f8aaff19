/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptor tables of the frozen tasks, read from outside, and which of them share an open file description. */
#ifndef CRIU_COLLECT_DESCRIPTORS_H
#define CRIU_COLLECT_DESCRIPTORS_H

struct dump;

/* Fills task->fds of all living tasks, with kind (NULL: nobody takes it) and file_id. */
int collect_descriptors(struct dump *dump);

#endif
