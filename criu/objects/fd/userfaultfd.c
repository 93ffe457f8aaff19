// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors by which a program, or another process, handles page faults of its memory (userfaultfd(2)). One works on
 * the memory of whoever made it: it is made by that task, and the others get it from there. What is registered with it is
 * a matter of the address space: criu/objects/memory/registered-memory.c. */
#include "criu/objects/fd/userfaultfd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/unnamed.h"
#include "criu/objects/kinds.h"
#include "criu/objects/process-file.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

static bool userfaultfd_matches(const struct fd_info *fd)
{
	return strcmp(fd->link, "anon_inode:[userfaultfd]") == 0;
}

/* --- dump --- */

static const struct fault_context *find_context(struct dump *dump, const struct fd_info *fd)
{
	const struct fault_map *map = fault_map_of(dump);

	for (size_t i = 0; i < map->nr_contexts; i++)
		if (map->contexts[i].fd->file_id == fd->file_id)
			return &map->contexts[i];
	return NULL;
}

static int userfaultfd_survey(struct dump *dump, const struct fd_info *fd)
{
	int error = fault_map_of(dump)->error;
	const struct fault_context *context = find_context(dump, fd);

	if (error < 0)
		return error;
	/* Said once, of the descriptor that was looked at. */
	if (context && context->wrong && context->fd == fd)
		dump_refuse(dump, fd->task, "%s: userfaultfd: %s", fd_describe(dump, fd), context->wrong);
	return fd_owner_survey(dump, fd);
}

static int userfaultfd_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	UserfaultfdEntry *entry = arena_new(&dump->arena, UserfaultfdEntry);
	const struct fault_context *context = find_context(dump, fd);

	if (!context || !context->owner)
		return log_fail(-ENOENT, "task %d: %s: whose memory it works on is not known", fd->task->pid,
				fd_describe(dump, fd));
	userfaultfd_entry__init(entry);
	entry->id = record->id;
	entry->flags = fd->flags;
	entry->fown = fd_owner_dump(dump, fd);
	entry->pid = (uint32_t)context->owner->pid;
	entry->features = context->features;
	entry->has_user_mode_only = entry->user_mode_only = context->user_mode_only;
	record->uffd = entry;
	return 0;
}

/* --- restore --- */

static bool owner_exists(const struct restore *restore, const UserfaultfdEntry *entry)
{
	const struct task *task;

	TAILQ_FOREACH(task, &restore->tasks, link)
		if ((uint32_t)task->pid == entry->pid)
			return task->state != TASK_DEAD && !task->vm_owner;
	return false;
}

static int userfaultfd_load(struct restore *restore, struct file *file)
{
	const UserfaultfdEntry *entry = file->record->uffd;
	int probe;

	if (!entry || !unnamed_flags_possible(entry->flags))
		return log_fail(-EBADMSG, "files.img: file %u is no proper userfaultfd", file->id);
	if (!owner_exists(restore, entry))
		return log_fail(-EBADMSG,
				"files.img: file %u: a userfaultfd for the memory of process %u, which has none",
				file->id, entry->pid);
	probe = fault_open(entry->features, entry->user_mode_only);
	if (probe < 0)
		restore_refuse(restore, NULL,
			       "file %u: a userfaultfd with features %#" PRIx64 " cannot be made here: %s",
			       file->id, entry->features, strerror(-probe));
	else
		close(probe);
	return 0;
}

static int userfaultfd_open(struct restore *restore, struct file *file, int *ret_fd)
{
	return process_file_reserve(restore, "userfaultfd", ret_fd);
}

/* In registered-memory.c the owner has made it, at the number that was reserved. */
static int userfaultfd_reopen(struct restore *restore, struct file *file)
{
	pid_t pid = (pid_t)file->record->uffd->pid;
	_cleanup_close_ int owner = (int)syscall(SYS_pidfd_open, pid, 0);
	int fd = owner < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, owner, file->fd, 0);
	int ret = fd < 0 ? -errno : process_file_replace(file, fd);

	return ret < 0 ? log_errno(ret, "file %u: the userfaultfd of process %d cannot be had", file->id, pid) : 0;
}

static int userfaultfd_fetch(struct restore *restore, const struct file *file)
{
	int ret = process_file_fetch(restore, file, file->fd);

	return ret < 0 ? log_errno(ret, "file %u (userfaultfd): cannot be fetched", file->id) : 0;
}

static int userfaultfd_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	return fd_owner_restore(task, fd, file->record->uffd->fown, file->record->uffd->flags);
}

const struct fd_kind userfaultfd_kind = {
	.name = "userfaultfd",
	.type = FD_TYPES__USERFAULTFD,
	.matches = userfaultfd_matches,
	.survey = userfaultfd_survey,
	.dump = userfaultfd_dump,
	.load = userfaultfd_load,
	.open = userfaultfd_open,
	.reopen = userfaultfd_reopen,
	.fetch = userfaultfd_fetch,
	.attach = userfaultfd_attach,
};
