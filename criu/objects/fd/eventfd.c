// SPDX-License-Identifier: GPL-2.0-only
/* Event counters (eventfd(2)): the value, and whether a read takes one of it or all (EFD_SEMAPHORE). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/objects/fd/epoll.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/unnamed.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

struct counter {
	uint64_t value;
	bool semaphore;
	bool known; /* the kernel tells which it is: from Linux 6.5 on */
};

static bool eventfd_matches(const struct fd_info *fd)
{
	return strcmp(fd->link, "anon_inode:[eventfd]") == 0;
}

static int take_line(void *context, const char *key, const char *value)
{
	struct counter *counter = context;

	if (strcmp(key, "eventfd-count") == 0) {
		counter->value = strtoull(value, NULL, 16);
	} else if (strcmp(key, "eventfd-semaphore") == 0) {
		counter->semaphore = strcmp(value, "1") == 0;
		counter->known = true;
	}
	return 0;
}

/* --- kernels that do not tell whether it is a semaphore --- */

/* One read tells; then the value is made what it was. Nothing of it can block: 0 and 1 get two added before, and the
 * maximum has less. 1: a semaphore; 0: none; 2: failed. */
static int try_counter(int fd, uint64_t value)
{
	uint64_t added = value < 2 ? 2 : 0, taken = 0, back;

	if (added && write(fd, &added, sizeof(added)) < 0)
		return 2;
	if (read(fd, &taken, sizeof(taken)) < 0)
		return 2;
	if (taken == 1) {
		back = 1;
		return (added ? read(fd, &back, sizeof(back)) : write(fd, &back, sizeof(back))) < 0 ? 2 : 1;
	}
	back = taken - added;
	return back && write(fd, &back, sizeof(back)) < 0 ? 2 : 0;
}

/* In a child: it brings this to its end when we are killed in between. */
static int ask_counter(const struct fd_info *fd, struct counter *counter)
{
	_cleanup_close_ int duplicate = -EBADF;
	int status = 0, ret = fd_duplicate(fd, &duplicate);
	pid_t child;

	if (ret < 0)
		return ret;
	child = fork();
	if (child < 0)
		return -errno;
	if (child == 0) {
		sigset_t all;

		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		_exit(try_counter(duplicate, counter->value));
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		return -EIO;
	counter->semaphore = WEXITSTATUS(status);
	counter->known = true;
	return 0;
}

/* --- dump --- */

static int eventfd_survey(struct dump *dump, const struct fd_info *fd)
{
	struct counter counter = { 0 };
	int ret = unnamed_read_fdinfo(fd, take_line, &counter);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot read its counter", fd->task->pid, fd_describe(dump, fd));
	/* Only the kernel itself counts that far (eventfd_signal()), and nobody can write it. */
	if (counter.value == UINT64_MAX)
		dump_refuse(dump, fd->task, "%s: its counter has overflowed; read it or close it before the dump",
			    fd_describe(dump, fd));
	return fd_owner_survey(dump, fd);
}

static int eventfd_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	EventfdFileEntry *entry = arena_new(&dump->arena, EventfdFileEntry);
	struct counter counter = { 0 };
	int ret = unnamed_read_fdinfo(fd, take_line, &counter);

	if (ret == 0 && !counter.known) {
		ret = ask_counter(fd, &counter);
		epoll_silence(dump, fd->file_id);
	}
	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot read its counter", fd->task->pid, fd_describe(dump, fd));
	eventfd_file_entry__init(entry);
	entry->id = record->id;
	entry->flags = fd->flags;
	entry->counter = counter.value;
	entry->has_semaphore = entry->semaphore = counter.semaphore;
	entry->fown = fd_owner_dump(dump, fd);
	record->efd = entry;
	return 0;
}

/* --- restore --- */

static int eventfd_load(struct restore *restore, struct file *file)
{
	const EventfdFileEntry *entry = file->record->efd;

	if (!entry || entry->counter == UINT64_MAX || !unnamed_flags_possible(entry->flags))
		return log_fail(-EBADMSG, "files.img: file %u is no proper event counter", file->id);
	return 0;
}

static int eventfd_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const EventfdFileEntry *entry = file->record->efd;
	_cleanup_close_ int fd = eventfd(0, EFD_CLOEXEC | (entry->semaphore ? EFD_SEMAPHORE : 0));
	int ret;

	if (fd < 0)
		return log_errno(errno, "file %u: cannot make an event counter", file->id);
	ret = unnamed_set_flags(fd, entry->flags);
	if (ret < 0)
		return log_errno(ret, "file %u: cannot set the flags of an event counter", file->id);
	if (entry->counter && write(fd, &entry->counter, sizeof(entry->counter)) < 0)
		return log_errno(errno, "file %u: cannot set an event counter", file->id);
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int eventfd_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	return fd_owner_restore(task, fd, file->record->efd->fown, file->record->efd->flags);
}

const struct fd_kind eventfd_kind = {
	.name = "eventfd",
	.type = FD_TYPES__EVENTFD,
	.matches = eventfd_matches,
	.survey = eventfd_survey,
	.dump = eventfd_dump,
	.load = eventfd_load,
	.open = eventfd_open,
	.attach = eventfd_attach,
};
