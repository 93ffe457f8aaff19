// SPDX-License-Identifier: GPL-2.0-only
/* Names that exist for a moment during a restore, or are to go if a dump fails. They are noted in shared memory before they are made, and a process
 * that waits for our end takes away what we could not. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/objects/ghost-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/guardian.h"
#include "criu/util/log.h"

enum entry_state { ENTRY_FREE, ENTRY_ANY, ENTRY_BOUND, ENTRY_ASIDE };

struct entry {
	uint32_t state; /* stored last, cleared first */
	bool directory;
	dev_t device;
	ino_t inode;
	char path[PATH_MAX];
	char original[PATH_MAX]; /* of what was set aside */
};

struct ghost_journal {
	size_t room, nr;
	uint32_t kept; /* names are to stay; what was set aside for them goes */
	pid_t janitor;
	struct entry entries[];
};

static size_t journal_size(size_t room)
{
	return sizeof(struct ghost_journal) + room * sizeof(struct entry);
}

static void set_state(struct entry *entry, enum entry_state state)
{
	__atomic_store_n(&entry->state, state, __ATOMIC_SEQ_CST);
}

static int put_back(const struct entry *entry)
{
	if (renameat2(AT_FDCWD, entry->path, AT_FDCWD, entry->original, RENAME_NOREPLACE) < 0)
		return errno == ENOENT ? 0 : -errno;
	return 0;
}

static int remove_entry(struct entry *entry)
{
	struct stat found;
	int ret = 0;

	if (entry->state == ENTRY_FREE)
		return 0;
	if (entry->state == ENTRY_ASIDE)
		ret = put_back(entry);
	else if (lstat(entry->path, &found) < 0)
		ret = errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	else if (entry->state == ENTRY_ANY || (found.st_dev == entry->device && found.st_ino == entry->inode))
		ret = (entry->directory ? rmdir : unlink)(entry->path) < 0 ? -errno : 0;
	if (ret == 0)
		set_state(entry, ENTRY_FREE);
	return ret;
}

static void remove_all(struct ghost_journal *journal)
{
	bool kept = __atomic_load_n(&journal->kept, __ATOMIC_SEQ_CST);

	for (size_t i = journal->nr; i-- > 0;)
		if (!kept)
			remove_entry(&journal->entries[i]);
		else if (journal->entries[i].state == ENTRY_ASIDE)
			unlink(journal->entries[i].path);
}

static int start_janitor(struct ghost_journal *journal)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	pid_t pid;

	if (pidfd < 0)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		guardian_step_aside();
		guardian_wait_for_end(pidfd);
		remove_all(journal);
		_exit(EXIT_SUCCESS);
	}
	journal->janitor = pid;
	return 0;
}

int ghost_journal_open(size_t room, struct ghost_journal **ret_journal)
{
	struct ghost_journal *journal = mmap(NULL, journal_size(room), PROT_READ | PROT_WRITE,
					     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int ret;

	if (journal == MAP_FAILED)
		return -errno;
	journal->room = room;
	ret = start_janitor(journal);
	if (ret < 0) {
		munmap(journal, journal_size(room));
		return ret;
	}
	*ret_journal = journal;
	return 0;
}

static struct entry *next_entry(struct ghost_journal *journal)
{
	while (journal->nr && journal->entries[journal->nr - 1].state == ENTRY_FREE)
		journal->nr--;
	return journal->nr < journal->room ? &journal->entries[journal->nr] : NULL;
}

static ssize_t add_entry(struct ghost_journal *journal, struct entry *entry, enum entry_state state)
{
	set_state(entry, state);
	__atomic_store_n(&journal->nr, journal->nr + 1, __ATOMIC_SEQ_CST);
	return (ssize_t)journal->nr - 1;
}

ssize_t ghost_journal_add(struct ghost_journal *journal, const char *path, bool directory, const struct stat *inode)
{
	struct entry *entry = next_entry(journal);

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	if (!entry)
		return -ENOSPC;
	strcpy(entry->path, path);
	entry->directory = directory;
	if (inode) {
		entry->device = inode->st_dev;
		entry->inode = inode->st_ino;
	}
	return add_entry(journal, entry, inode ? ENTRY_BOUND : ENTRY_ANY);
}

int ghost_journal_set_aside(struct ghost_journal *journal, const char *path)
{
	struct entry *entry = next_entry(journal);
	const char *slash = strrchr(path, '/');
	int length = slash ? (int)(slash + 1 - path) : 0;
	int error;

	if (!entry)
		return -ENOSPC;
	if (strlen(path) >= PATH_MAX || snprintf(entry->path, PATH_MAX, "%.*s.cr.%d.%zu.aside", length, path,
						 getpid(), journal->nr) >= PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(entry->original, path);
	add_entry(journal, entry, ENTRY_ASIDE);
	if (renameat2(AT_FDCWD, path, AT_FDCWD, entry->path, RENAME_NOREPLACE) == 0)
		return 0;
	error = -errno;
	set_state(entry, ENTRY_FREE);
	return error;
}

int ghost_journal_remove(struct ghost_journal *journal, ssize_t number)
{
	return remove_entry(&journal->entries[number]);
}

void ghost_journal_forget(struct ghost_journal *journal, ssize_t number)
{
	set_state(&journal->entries[number], ENTRY_FREE);
}

void ghost_journal_forget_all(struct ghost_journal *journal)
{
	__atomic_store_n(&journal->kept, 1, __ATOMIC_SEQ_CST);
}

void ghost_journal_take_back(struct ghost_journal *journal)
{
	__atomic_store_n(&journal->kept, 0, __ATOMIC_SEQ_CST);
}

void ghost_journal_close(struct ghost_journal *journal)
{
	if (!journal)
		return;
	remove_all(journal);
	kill(journal->janitor, SIGKILL);
	while (waitpid(journal->janitor, NULL, 0) < 0 && errno == EINTR)
		;
	munmap(journal, journal_size(journal->room));
}
