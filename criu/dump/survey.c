// SPDX-License-Identifier: GPL-2.0-only
/* What cannot be dumped is refused here, all of it in one run, before anything is touched. */
#include <errno.h>

#include "criu/dump/descriptors.h"
#include "criu/dump/internal.h"
#include "criu/objects/kinds.h"
#include "criu/util/log.h"

static int survey_mappings(struct dump *dump, struct task *task)
{
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		struct mapping *mapping = &task->mappings[i];
		int error = 0;

		if (!mapping->kind)
			dump_refuse(dump, task,
				    "mapping %lx-%lx ('%s'): mappings of this kind cannot be kept by this "
				    "build; unmap it before the dump",
				    (unsigned long)mapping->record->start,
				    (unsigned long)mapping->record->end, mapping->name ? mapping->name : "");
		else if (mapping->kind->survey)
			error = mapping->kind->survey(dump, task, mapping);
		if (error < 0)
			return error;
	}
	return 0;
}

static int survey_task(struct dump *dump, struct task *task)
{
	for (size_t i = 0; i < nr_task_kinds; i++) {
		int error = task_kinds[i]->survey ? task_kinds[i]->survey(dump, task) : 0;

		if (error < 0)
			return error;
	}
	return 0;
}

int dump_stop_if_refused(struct dump *dump)
{
	const struct refusal *first = STAILQ_FIRST(&dump->refusals);

	if (!first)
		return 0;
	if (dump->nr_refusals > 1)
		log_error("dump: refused for %u reasons, the first: %s", dump->nr_refusals, first->text);
	return -ENOTSUP;
}

int dump_survey(struct dump *dump)
{
	struct task *task;
	int error = 0;

	TAILQ_FOREACH(task, &dump->tasks, link) {
		error = survey_task(dump, task);
		if (error < 0)
			return error;
	}
	error = dump_survey_descriptors(dump);
	if (!error)
		error = dump_each_living(dump, survey_mappings);
	return error < 0 ? error : dump_stop_if_refused(dump);
}
