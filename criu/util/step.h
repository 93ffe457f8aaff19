/* SPDX-License-Identifier: GPL-2.0-only */
/* A phase is a table of steps with one runner: it logs and times each, and undoes the finished ones in reverse
 * order when one fails. Faults are injected by the name of a step. */
#ifndef CRIU_UTIL_STEP_H
#define CRIU_UTIL_STEP_H

#include <stddef.h>
#include <stdint.h>

struct step {
	const char *name;	     /* for the log and for --fault-step */
	int (*run)(void *context);   /* 0 or -errno; must undo its own half when it fails */
	void (*undo)(void *context); /* may be NULL: nothing to undo */
};

struct step_result {
	const char *failed; /* name of the step that failed, NULL if none */
	uint64_t usec[32];  /* how long each step took, microseconds */
};

/* Runs @steps[0..@nr) on @context. @fault (may be NULL) names a step which is to fail with -EIO after it ran.
 * @ret (may be NULL) is filled in either case. Returns 0 or the -errno of the failed step. */
int step_run_all(const struct step *steps, size_t nr, void *context, const char *fault, struct step_result *ret);

/* Undoes @steps[0..@nr) from the last to the first. */
void step_undo_all(const struct step *steps, size_t nr, void *context);

#endif
