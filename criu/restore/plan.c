// SPDX-License-Identifier: GPL-2.0-only
/* The steps of a restore. Up to "resume" a failure leaves nothing behind. */
#include <errno.h>

#include "stats.pb-c.h"

#include "criu/image/directory.h"
#include "criu/image/stats-display.h"
#include "criu/image/stats.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/plugin/plugin.h"
#include "criu/restore/descriptors.h"
#include "criu/restore/internal.h"
#include "criu/restore/mappings.h"
#include "criu/restore/run.h"
#include "criu/restore/stages.h"
#include "criu/util/clock.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"
#include "criu/util/pidfile.h"
#include "criu/util/script.h"
#include "criu/util/step.h"

int restore_stop_if_refused(const struct restore *restore)
{
	const struct refusal *first = STAILQ_FIRST(&restore->refusals);

	if (!first)
		return 0;
	if (restore->nr_refusals > 1)
		log_error("restore: refused for %u reasons, the first: %s", restore->nr_refusals, first->text);
	return -ENOTSUP;
}

static int run_scripts(struct restore *restore, const char *stage, pid_t root)
{
	const struct text_list *scripts = &restore->options->action_scripts;
	const char *failed = NULL;
	int status = script_run_all(scripts->items, scripts->nr, stage, restore->images->fd, root, &failed);

	if (status < 0)
		return log_errno(status, "action script '%s': stage %s", failed ? failed : "?", stage);
	if (status > 0)
		return log_fail(-ECANCELED, "action script '%s': stage %s: exit status %d", failed, stage, status);
	return 0;
}

static int run_load(void *context)
{
	int error = run_scripts(context, "pre-restore", 0);

	return error < 0 ? error : restore_load(context);
}

static int run_make(void *context)
{
	struct restore *restore = context;
	int error = restore_plan_service_fds(restore);

	if (!error)
		error = restore_stop_if_refused(restore);
	for (size_t i = 0; !error && i < nr_global_kinds; i++)
		if (global_kinds[i]->make)
			error = global_kinds[i]->make(restore);
	if (!error)
		error = restore_open_files(restore);
	return error < 0 ? error : restore_stop_if_refused(restore);
}

static int run_plan(void *context)
{
	struct restore *restore = context;
	uint64_t restorer_size = 0;
	struct task *task;
	int error;

	TAILQ_FOREACH(task, &restore->tasks, link)
		restorer_size = MAX(restorer_size, restore_restorer_size(restore, task));
	error = restore_plan_mappings(restore, restorer_size);
	return error < 0 ? error : restore_stop_if_refused(restore);
}

static int run_guard(void *context)
{
	struct restore *restore = context;
	int error = restore_new_shared(restore);

	return error < 0 ? error : restore_start_guardian(restore);
}

static void undo_guard(void *context)
{
	restore_stop_guardian(context);
	restore_free_shared(context);
}

/* The root enters its namespaces before it has children; scripts are told when all tasks exist, and add what files in these
 * namespaces need: addresses above all. */
static int run_fork(void *context)
{
	struct restore *restore = context;
	int error = restore_fork_tree(restore);

	if (!error)
		error = restore_tell_plugins(CR_PLUGIN_HOOK__POST_FORKING, "when the tree is forked");
	if (!error)
		error = run_scripts(restore, "setup-namespaces", restore->root->pid);
	if (!error)
		error = run_scripts(restore, "post-setup-namespaces", restore->root->pid);
	if (!error)
		error = restore_group_tree(restore);
	if (error < 0)
		restore_kill_tree(restore);
	return error;
}

static void undo_fork(void *context)
{
	restore_kill_tree(context);
}

static int run_seize(void *context)
{
	return restore_seize_tree(context);
}

static void undo_seize(void *context)
{
	restore_drop_tree(context);
}

static int run_resume_devices(void *context)
{
	return restore_resume_devices(context);
}

static int run_announce(void *context)
{
	struct restore *restore = context;
	const char *path = restore->options->pidfile;
	int error = path ? pidfile_write(restore->work_dir, path, restore->root->pid) : 0;

	return error < 0 ? log_errno(error, "pidfile: '%s'", path) : 0;
}

static void undo_announce(void *context)
{
	struct restore *restore = context;

	if (restore->options->pidfile)
		unlinkat(restore->work_dir, restore->options->pidfile, 0);
}

static int run_stats(void *context)
{
	struct restore *restore = context;
	struct image_directory directory = { .fd = restore->work_dir };
	RestoreStatsEntry entry = RESTORE_STATS_ENTRY__INIT;
	int error;

	restore_collect_memory_stats(restore);
	restore->stats.restore_time = clock_usec() - restore->started;
	entry.pages_compared = restore->stats.pages_compared;
	entry.pages_skipped_cow = restore->stats.pages_skipped_cow;
	entry.has_pages_restored = 1;
	entry.pages_restored = restore->stats.pages_restored;
	entry.forking_time = restore->stats.forking_time;
	entry.restore_time = restore->stats.restore_time;
	error = stats_write_restore(&directory, &entry);
	if (error < 0)
		return log_errno(error, "'stats-restore' cannot be written");
	if (restore->options->display_stats)
		stats_display_restore(stdout, &entry);
	return 0;
}

/* They stay when a script said no: all was restored, and that is what they tell of. */
static void undo_stats(void *context)
{
	struct restore *restore = context;

	if (!restore->stopped_by_script)
		unlinkat(restore->work_dir, "stats-restore", 0);
}

static int run_resume(void *context)
{
	struct restore *restore = context;
	pid_t root = restore->root->pid;
	int error = run_scripts(restore, "post-restore", root);

	restore->stopped_by_script = error < 0;
	if (!error)
		error = run_scripts(restore, "network-unlock", root);
	if (error < 0)
		return error;
	/* From here on what scripts say does not matter any more. */
	run_scripts(restore, "pre-resume", root);
	error = restore_hand_over(restore);
	if (!error)
		run_scripts(restore, "post-resume", root);
	return error;
}

static const struct step steps[] = {
	{ "load", run_load, NULL },
	{ "make", run_make, NULL },
	{ "plan", run_plan, NULL },
	{ "guard", run_guard, undo_guard },
	{ "fork", run_fork, undo_fork },
	{ "seize", run_seize, undo_seize },
	{ "resume-devices", run_resume_devices, NULL },
	{ "announce", run_announce, undo_announce },
	{ "stats", run_stats, undo_stats },
	/* The tree is complete: from here on it lives. */
	{ "resume", run_resume, NULL },
};

int restore_run_steps(struct restore *restore)
{
	int error = step_run_all(steps, ARRAY_SIZE(steps), restore, restore->options->fault_step, NULL);

	for (size_t i = 0; !error && i < nr_global_kinds; i++)
		if (global_kinds[i]->restore_end)
			global_kinds[i]->restore_end(restore);
	return error;
}

void restore_print_steps(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		fprintf(out, "%s\n", steps[i].name);
}
