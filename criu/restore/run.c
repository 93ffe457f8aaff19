// SPDX-License-Identifier: GPL-2.0-only
/* The frame of a restore: context, signals, and what comes after the tree runs. */
#include "criu/restore/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/image/directory.h"
#include "criu/kernel/kernel.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/plugin/plugin.h"
#include "criu/restore/internal.h"
#include "criu/restore/mappings.h"
#include "criu/restore/stages.h"
#include "criu/util/cleanup.h"
#include "criu/util/clock.h"
#include "criu/util/guardian.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define MAX_THREADS 65536

static volatile sig_atomic_t cancelled;

static void cancel(int signal)
{
	cancelled = 1;
}

static const int cancelling_signals[] = { SIGINT, SIGTERM, SIGHUP };

static void handle_signals(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	for (size_t i = 0; i < ARRAY_SIZE(cancelling_signals); i++)
		sigaction(cancelling_signals[i], &action, NULL);
	/* Zombies of the tree must stay until their parents wait for them. */
	signal(SIGCHLD, SIG_DFL);
}

/* Runs the command of --exec-cmd in our place: it becomes the parent of the tree. */
static int exec_command(const struct options *options)
{
	execvp(options->exec_argv[0], options->exec_argv);
	return log_errno(errno, "exec-cmd: '%s'", options->exec_argv[0]);
}

static int wait_for_root(const struct restore *restore)
{
	int status;

	while (waitpid(restore->root->pid, &status, 0) < 0)
		if (errno != EINTR)
			return log_errno(errno, "task %d: cannot be waited for", restore->root->pid);
	log_info("task %d: has ended (wait status %#x)", restore->root->pid, status);
	return 0;
}

static int after_resume(struct restore *restore)
{
	const struct options *options = restore->options;

	handle_signals(SIG_DFL);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	log_info("Restore finished successfully. Tasks resumed.");
	if (options->exec_argv)
		return exec_command(options);
	if (options->restore_detached || options->restore_sibling)
		return 0;
	return wait_for_root(restore);
}

static void undo_globals(struct restore *restore)
{
	for (size_t i = 0; i < nr_global_kinds; i++)
		if (global_kinds[i]->undo)
			global_kinds[i]->undo(restore);
}

static int run(struct restore *restore)
{
	int error = restore_run_steps(restore);

	guardian_end_holder(restore->holder);
	if (restore->shared && restore->shared->committed) {
		restore_stop_guardian(restore);
		restore_free_shared(restore);
	}
	/* Also behind the commit: the tree was ended again. */
	if (error < 0)
		undo_globals(restore);
	return error < 0 ? error : after_resume(restore);
}

int restore_run(const struct options *options)
{
	struct image_directory images;
	_cleanup_close_ int work_dir = -EBADF;
	struct kernel kernel;
	struct restore restore = {
		.options = options,
		.kernel = &kernel,
		.images = &images,
		.cancelled = &cancelled,
		.started = clock_usec(),
	};
	int error;

	error = image_directory_open_fd(options->images_fd, &images);
	if (error < 0)
		return log_errno(error, "image directory: '%s'", options->images_dir);
	work_dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (work_dir < 0)
		return log_errno(errno, "work directory");
	restore.work_dir = work_dir;
	TAILQ_INIT(&restore.tasks);
	TAILQ_INIT(&restore.namespaces);
	STAILQ_INIT(&restore.refusals);
	LIST_INIT(&restore.shared_memory);
	arena_init(&restore.arena);
	kernel_init(&kernel);
	cancelled = 0;
	handle_signals(cancel);
	error = log_share_first_error();
	if (error < 0)
		return log_errno(error, "memory of the log");
	error = compel_ledger_new(MAX_THREADS, &restore.ledger);
	if (error < 0)
		return log_fail(error, "ledger: %s", compel_last_error());
	compel_ledger_set_verdict(restore.ledger, COMPEL_KILL);
	error = run(&restore);
	plugins_unload(error);
	restore_forget_mappings(&restore);
	restore_free_files(&restore);
	compel_ledger_free(restore.ledger);
	arena_free(&restore.arena);
	return error;
}
