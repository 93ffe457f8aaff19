// SPDX-License-Identifier: GPL-2.0-only
/* The guardian of a restore: a small child which waits for our end. If we are killed before the commit it ends the
 * tasks that were made, after it it finishes the handover from the ledger. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/restore/descriptors.h"
#include "criu/restore/internal.h"
#include "criu/restore/stages.h"
#include "criu/util/guardian.h"
#include "criu/util/log.h"

static void __attribute__((noreturn)) guardian_main(struct restore *restore, int parent_fd)
{
	/* What only the tasks hold must be closed when they close it. */
	restore_close_files(restore);
	guardian_step_aside();
	guardian_wait_for_end(parent_fd);
	if (!restore->shared->committed) {
		restore_kill_tree(restore);
	} else {
		restore_let_go_files(restore);
		compel_ledger_repair(restore->ledger);
	}
	_exit(EXIT_SUCCESS);
}

int restore_start_guardian(struct restore *restore)
{
	int parent_fd = syscall(SYS_pidfd_open, getpid(), 0);
	pid_t pid;

	if (parent_fd < 0)
		return log_errno(errno, "guardian: pidfd_open");
	pid = fork();
	if (pid == 0)
		guardian_main(restore, parent_fd);
	close(parent_fd);
	if (pid < 0)
		return log_errno(errno, "guardian cannot be forked");
	restore->guardian = pid;
	return 0;
}

void restore_stop_guardian(struct restore *restore)
{
	if (restore->guardian <= 0)
		return;
	kill(restore->guardian, SIGKILL);
	waitpid(restore->guardian, NULL, 0);
	restore->guardian = 0;
}
