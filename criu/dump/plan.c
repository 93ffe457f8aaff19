// SPDX-License-Identifier: GPL-2.0-only
/* The steps of a dump: a failure of any lets the tree go on as if nothing had happened. Then the tree is let go. */
#include <errno.h>

#include "criu/collect/descriptors.h"
#include "criu/collect/mappings.h"
#include "criu/collect/sleeps.h"
#include "criu/collect/tree.h"
#include "criu/dump/descriptors.h"
#include "criu/dump/internal.h"
#include "criu/dump/pages.h"
#include "criu/dump/run.h"
#include "criu/model/sessions.h"
#include "criu/model/sharing.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/network-lock.h"
#include "criu/image/directory.h"
#include "criu/kernel/proc/status.h"
#include "criu/options/options.h"
#include "criu/util/clock.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"
#include "criu/util/script.h"
#include "criu/util/step.h"

int dump_check_cancelled(const struct dump *dump)
{
	return *dump->cancelled ? log_fail(-ECANCELED, "dump: cancelled by a signal") : 0;
}

int dump_each_living(struct dump *dump, int (*function)(struct dump *dump, struct task *task))
{
	struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link) {
		int error = dump_check_cancelled(dump);

		if (!error && task->state != TASK_DEAD)
			error = function(dump, task);
		if (error < 0)
			return error;
	}
	return 0;
}

static int run_begin(void *context)
{
	struct dump *dump = context;
	int error = dump_begin_images(dump);

	return error < 0 ? error : dump_run_scripts(dump, "pre-dump");
}

static int run_lock_network(void *context)
{
	struct dump *dump = context;
	int error = dump_run_scripts(dump, "network-lock");

	return error < 0 ? error : network_lock_hold(dump);
}

static void undo_lock_network(void *context)
{
	network_lock_release(context);
	dump_run_scripts(context, "network-unlock");
}

static int run_pause_devices(void *context)
{
	return dump_pause_devices(context);
}

static int run_checkpoint_devices(void *context)
{
	return dump_checkpoint_devices(context);
}

static int run_freeze(void *context)
{
	return collect_freeze(context);
}

static void undo_freeze(void *context)
{
	collect_thaw(context);
}

static int run_collect(void *context)
{
	struct dump *dump = context;
	int error = collect_tree(dump);

	if (!error)
		error = collect_ids(dump);
	if (!error)
		error = collect_namespaces(dump);
	if (error < 0)
		return error;
	sessions_plan(&dump->tasks, dump->options->shell_job);
	sharing_plan(&dump->tasks, &dump->arena);
	error = collect_descriptors(dump);
	return error < 0 ? error : dump_each_living(dump, collect_mappings);
}

static int run_survey(void *context)
{
	return dump_survey(context);
}

static int run_sleeps(void *context)
{
	return collect_sleeps(context);
}

static int run_inject(void *context)
{
	return dump_inject(context);
}

static int run_descriptors(void *context)
{
	return dump_descriptors(context);
}

static int run_tasks(void *context)
{
	return dump_tasks(context);
}

/* About what is to be read: shared and file-backed memory is in it, too. */
static uint64_t resident_bytes(const struct dump *dump)
{
	const struct task *task;
	uint64_t kib = 0;

	TAILQ_FOREACH(task, &dump->tasks, link)
		kib += task->status->vm_rss_kib + task->status->vm_swap_kib;
	return kib * 1024;
}

static int run_pages(void *context)
{
	struct dump *dump = context;
	uint64_t start = clock_usec();
	int error;

	progress_start(&dump->progress, "pages", PROGRESS_BYTES, resident_bytes(dump));
	error = dump_each_living(dump, dump_task_pages);

	for (size_t i = 0; !error && i < nr_global_kinds; i++)
		if (global_kinds[i]->dump)
			error = global_kinds[i]->dump(dump);
	progress_end(&dump->progress);
	dump->stats.memdump_time = clock_usec() - start;
	return error < 0 ? error : dump_stop_if_refused(dump);
}

static int run_seal(void *context)
{
	struct dump *dump = context;
	int error = dump_devices_late(dump);

	if (!error)
		error = dump_finish_images(dump);
	return error < 0 ? error : dump_run_scripts(dump, "post-dump");
}

static bool ends_tree(const struct dump *dump)
{
	return !dump->options->leave_running && !dump->options->leave_stopped;
}

static int run_keep_lock(void *context)
{
	return ends_tree(context) ? network_lock_keep(context) : 0;
}

/* A dump that did not end well is no image. */
static void undo_seal(void *context)
{
	dump_begin_images(context);
}

static const struct step steps[] = {
	{ "begin", run_begin, NULL },	       { "pause-devices", run_pause_devices, NULL },
	{ "freeze", run_freeze, undo_freeze }, { "checkpoint-devices", run_checkpoint_devices, NULL },
	{ "collect", run_collect, NULL },      { "survey", run_survey, NULL },
	{ "sleeps", run_sleeps, NULL },	       { "lock-network", run_lock_network, undo_lock_network },
	{ "inject", run_inject, NULL },	       { "tasks", run_tasks, NULL },
	{ "pages", run_pages, NULL },	       { "descriptors", run_descriptors, NULL },
	{ "seal", run_seal, undo_seal },       { "keep-lock", run_keep_lock, NULL },
};

int dump_run_scripts(struct dump *dump, const char *stage)
{
	const struct text_list *scripts = &dump->options->action_scripts;
	const char *failed = NULL;
	int status = script_run_all(scripts->items, scripts->nr, stage, dump->images->fd, dump->options->tree,
				    &failed);

	if (status < 0)
		return log_errno(status, "action script '%s': stage %s", failed ? failed : "?", stage);
	if (status > 0) {
		dump->script_status = status;
		return log_fail(-ECANCELED, "action script '%s': stage %s: exit status %d", failed, stage, status);
	}
	return 0;
}

static void end_globals(struct dump *dump, bool keep)
{
	for (size_t i = 0; i < nr_global_kinds; i++)
		if (global_kinds[i]->dump_end)
			global_kinds[i]->dump_end(dump, keep);
}

int dump_run_steps(struct dump *dump)
{
	int error = step_run_all(steps, ARRAY_SIZE(steps), dump, dump->options->fault_step, NULL);

	end_globals(dump, !error && !dump->options->leave_running);
	/* The images are complete: from here on the dump has happened, and nothing is undone any more. */
	if (!error)
		error = dump_release(dump);
	if (!error && !ends_tree(dump))
		undo_lock_network(dump);
	if (!error && dump->options->leave_running) {
		error = dump_sync_images(dump);
	}
	return error;
}

void dump_print_steps(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		fprintf(out, "%s\n", steps[i].name);
}
