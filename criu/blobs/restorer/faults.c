// SPDX-License-Identifier: GPL-2.0-only
/* Step of the restorer for memory registered with a userfaultfd: the last that is done to memory, because from here on
 * who touches a missing page waits. */
#include <linux/ioctl.h>
#include <linux/prctl.h>
#include <linux/userfaultfd.h>

#include "criu/blobs/restorer/internal.h"

static long protect(const struct context *context, const struct restorer_fault_area *area)
{
	const uint64_t *runs = at_offset(context, area->protected);
	long error = 0;

	for (uint32_t i = 0; !error && i < area->nr_protected; i++) {
		struct uffdio_writeprotect argument = {
			.range = { .start = runs[2 * i], .len = runs[2 * i + 1] - runs[2 * i] },
			.mode = UFFDIO_WRITEPROTECT_MODE_WP,
		};

		error = call(__NR_ioctl, area->fd, UFFDIO_WRITEPROTECT, &argument);
	}
	return error;
}

/* Pages that are there come into the page table. */
static long let_in(const struct context *context, const struct restorer_fault_area *area)
{
	const uint64_t *runs = at_offset(context, area->mapped);
	long error = 0;

	for (uint32_t i = 0; !error && i < area->nr_mapped; i++) {
		struct uffdio_continue argument = {
			.range = { .start = runs[2 * i], .len = runs[2 * i + 1] - runs[2 * i] },
			.mode = UFFDIO_CONTINUE_MODE_DONTWAKE,
		};

		error = call(__NR_ioctl, area->fd, UFFDIO_CONTINUE, &argument);
	}
	return error;
}

static long register_area(const struct context *context, const struct restorer_fault_area *area)
{
	struct uffdio_register argument = {
		.range = { .start = area->start, .len = area->length },
		.mode = area->mode,
	};
	long error = call(__NR_ioctl, area->fd, UFFDIO_REGISTER, &argument);

	if (!error)
		error = let_in(context, area);
	return error ? error : protect(context, area);
}

long step_register_faults(struct context *context)
{
	const struct restorer_fault_area *areas = at_offset(context, context->task->fault_areas);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->task->nr_fault_areas; i++) {
		context->value = areas[i].start;
		error = register_area(context, &areas[i]);
	}
	if (!error && context->task->holds_off_huge_pages)
		error = call(__NR_prctl, PR_SET_THP_DISABLE, 0, 0, 0, 0);
	return error;
}
