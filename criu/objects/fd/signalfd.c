// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors that deliver signals (signalfd(2)): the mask. What is read from them is in the queues of whoever reads. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/unnamed.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

static bool signalfd_matches(const struct fd_info *fd)
{
	return strcmp(fd->link, "anon_inode:[signalfd]") == 0;
}

static int take_line(void *context, const char *key, const char *value)
{
	if (strcmp(key, "sigmask") == 0)
		*(uint64_t *)context = strtoull(value, NULL, 16);
	return 0;
}

static int signalfd_survey(struct dump *dump, const struct fd_info *fd)
{
	return fd_owner_survey(dump, fd);
}

static int signalfd_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	SignalfdEntry *entry = arena_new(&dump->arena, SignalfdEntry);
	uint64_t mask = 0;
	int ret = unnamed_read_fdinfo(fd, take_line, &mask);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot read its mask", fd->task->pid, fd_describe(dump, fd));
	signalfd_entry__init(entry);
	entry->id = record->id;
	entry->flags = fd->flags;
	entry->sigmask = mask;
	entry->fown = fd_owner_dump(dump, fd);
	record->sgfd = entry;
	return 0;
}

static int signalfd_load(struct restore *restore, struct file *file)
{
	const SignalfdEntry *entry = file->record->sgfd;

	if (!entry || !unnamed_flags_possible(entry->flags))
		return log_fail(-EBADMSG, "files.img: file %u is no proper signal descriptor", file->id);
	return 0;
}

static int signalfd_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const SignalfdEntry *entry = file->record->sgfd;
	/* Raw: the C library's sets are larger. Bit n-1 is signal n, as the kernel has it. */
	_cleanup_close_ int fd = (int)syscall(SYS_signalfd4, -1, &entry->sigmask, sizeof(entry->sigmask),
					      SFD_CLOEXEC);
	int ret;

	if (fd < 0)
		return log_errno(errno, "file %u: cannot make a signal descriptor", file->id);
	ret = unnamed_set_flags(fd, entry->flags);
	if (ret < 0)
		return log_errno(ret, "file %u: cannot set the flags of a signal descriptor", file->id);
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int signalfd_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	return fd_owner_restore(task, fd, file->record->sgfd->fown, file->record->sgfd->flags);
}

const struct fd_kind signalfd_kind = {
	.name = "signalfd",
	.type = FD_TYPES__SIGNALFD,
	.matches = signalfd_matches,
	.survey = signalfd_survey,
	.dump = signalfd_dump,
	.load = signalfd_load,
	.open = signalfd_open,
	.attach = signalfd_attach,
};
