// SPDX-License-Identifier: GPL-2.0-only
/* Objects that a restore makes in the namespace of criu outlive a process: they are noted in shared memory before they
 * are made, and a process that waits for our end takes away what a failed restore has left. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/objects/namespace/ipc-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/guardian.h"
#include "criu/util/log.h"

/* As many as a namespace has of each sort (IPCMNI of include/linux/ipc_namespace.h); pages are made when they are used. */
#define ROOM (IPC_SORTS * 32768)

static const char janitor_key;

struct note {
	int sort, id;
};

struct journal {
	uint32_t nr;
	struct note notes[ROOM];
};

struct janitor {
	struct journal *journal;
	pid_t pid;
};

static void remove_all(struct journal *journal)
{
	uint32_t nr = __atomic_exchange_n(&journal->nr, 0, __ATOMIC_SEQ_CST);

	while (nr-- > 0)
		ipc_sort_ops((enum ipc_sort)journal->notes[nr].sort)->remove(journal->notes[nr].id);
}

static int start(struct janitor *janitor)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (pidfd < 0)
		return -errno;
	janitor->journal = mmap(NULL, sizeof(struct journal), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (janitor->journal == MAP_FAILED) {
		janitor->journal = NULL;
		return -errno;
	}
	janitor->pid = fork();
	if (janitor->pid < 0)
		return -errno;
	if (janitor->pid == 0) {
		guardian_step_aside();
		guardian_wait_for_end(pidfd);
		remove_all(janitor->journal);
		_exit(EXIT_SUCCESS);
	}
	return 0;
}

int ipc_janitor_note(struct restore *restore, enum ipc_sort sort, int id)
{
	bool is_new;
	struct janitor *janitor = kind_state_get(&restore->kind_state, &restore->arena, &janitor_key, 0,
						 sizeof(*janitor), &is_new);
	int error = is_new ? start(janitor) : 0;

	if (!error && (!janitor->journal || janitor->journal->nr == ROOM))
		error = -ENOSPC;
	if (error || !janitor->journal)
		return log_errno(error ?: -ENOMEM, "nobody to take away %s %d, should the restore fail",
				 ipc_sort_ops(sort)->name, id);
	janitor->journal->notes[janitor->journal->nr] = (struct note){ .sort = sort, .id = id };
	__atomic_add_fetch(&janitor->journal->nr, 1, __ATOMIC_SEQ_CST);
	return 0;
}

void ipc_janitor_forget_last(struct restore *restore)
{
	const struct janitor *janitor = kind_state_find(&restore->kind_state, &janitor_key, 0);

	if (janitor && janitor->journal && janitor->journal->nr)
		__atomic_sub_fetch(&janitor->journal->nr, 1, __ATOMIC_SEQ_CST);
}

void ipc_janitor_keep(struct restore *restore)
{
	const struct janitor *janitor = kind_state_find(&restore->kind_state, &janitor_key, 0);

	if (janitor && janitor->journal)
		__atomic_store_n(&janitor->journal->nr, 0, __ATOMIC_SEQ_CST);
}

void ipc_janitor_end(struct restore *restore)
{
	struct janitor *janitor = kind_state_find(&restore->kind_state, &janitor_key, 0);

	if (!janitor || !janitor->journal)
		return;
	remove_all(janitor->journal);
	if (janitor->pid > 0) {
		kill(janitor->pid, SIGKILL);
		while (waitpid(janitor->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	munmap(janitor->journal, sizeof(struct journal));
	janitor->journal = NULL;
}
