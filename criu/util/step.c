// SPDX-License-Identifier: GPL-2.0-only
/* Runner for tables of steps. */
#include "criu/util/step.h"

#include <errno.h>
#include <string.h>

#include "criu/util/clock.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

void step_undo_all(const struct step *steps, size_t nr, void *context)
{
	while (nr-- > 0) {
		if (!steps[nr].undo)
			continue;
		log_debug("undo: %s", steps[nr].name);
		steps[nr].undo(context);
	}
}

int step_run_all(const struct step *steps, size_t nr, void *context, const char *fault, struct step_result *ret)
{
	struct step_result unused;

	if (!ret)
		ret = &unused;
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < nr; i++) {
		uint64_t start = clock_usec();
		int error;

		log_debug("step: %s", steps[i].name);
		error = steps[i].run(context);
		if (i < ARRAY_SIZE(ret->usec))
			ret->usec[i] = clock_usec() - start;
		if (error >= 0 && fault && !strcmp(fault, steps[i].name)) {
			/* The step did its work, so it takes part in the undoing. */
			error = log_fail(-EIO, "step '%s': failed on request", fault);
			ret->failed = steps[i].name;
			step_undo_all(steps, i + 1, context);
			return error;
		}
		if (error < 0) {
			ret->failed = steps[i].name;
			step_undo_all(steps, i, context);
			return error;
		}
		log_debug("step: %s: %lu us", steps[i].name, (unsigned long)(clock_usec() - start));
	}
	return 0;
}
