/* SPDX-License-Identifier: GPL-2.0-only */
/* Reasons why a tree cannot be dumped or restored, gathered before anything is touched. */
#ifndef CRIU_MODEL_REFUSAL_H
#define CRIU_MODEL_REFUSAL_H

#include <sys/queue.h>

/* Why something cannot be dumped. All reasons of a run are gathered before it stops (promise 3). */
struct refusal {
	STAILQ_ENTRY(refusal) link;
	const char *text;
};
STAILQ_HEAD(refusal_list, refusal);

#endif
