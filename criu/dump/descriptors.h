/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors of the tasks: refusals before anything is touched, then their records. */
#ifndef CRIU_DUMP_DESCRIPTORS_H
#define CRIU_DUMP_DESCRIPTORS_H

struct dump;

/* After collect_descriptors(). Refusals are in dump->refusals; an error only when looking failed. */
int dump_survey_descriptors(struct dump *dump);
/* Writes fdinfo of each table, and the record of each open file description once. */
int dump_descriptors(struct dump *dump);

#endif
