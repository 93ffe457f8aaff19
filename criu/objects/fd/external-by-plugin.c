// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors that only a plugin can keep: asked when no other kind takes them. The plugin keeps its state in files of
 * its own in the image directory, under the id of the description. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/plugin/plugin.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* Asking a plugin writes into the image directory, so before the dump nobody is asked whether he takes the descriptor:
 * one that all decline ends the dump later, when nothing is lost by it either. */
static bool external_matches(const struct fd_info *fd)
{
	return plugins_have(CR_PLUGIN_HOOK__DUMP_EXT_FILE);
}

static int external_survey(struct dump *dump, const struct fd_info *fd)
{
	return fd_owner_survey(dump, fd);
}

static int external_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	ExtFileEntry *entry = arena_new(&dump->arena, ExtFileEntry);
	_cleanup_close_ int copy = -EBADF;
	int result = fd_duplicate(fd, &copy);

	if (result < 0)
		return log_errno(result, "%s cannot be taken for the plugins", fd_describe(dump, fd));
	result = plugins_dump_file(copy, (int)record->id);
	if (result == -ENOTSUP)
		return log_fail(-ENOTSUP, "task %d: %s: no plugin keeps it; close it before the dump",
				fd->task->pid, fd_describe(dump, fd));
	if (result < 0)
		return log_errno(result, "task %d: %s: its plugin fails", fd->task->pid, fd_describe(dump, fd));
	ext_file_entry__init(entry);
	entry->id = record->id;
	entry->fown = fd_owner_dump(dump, fd);
	record->ext = entry;
	return 0;
}

static int external_load(struct restore *restore, struct file *file)
{
	if (!file->record->ext)
		return log_fail(-EBADMSG, "files.img: file %u is none of a plugin", file->id);
	if (!plugins_have(CR_PLUGIN_HOOK__RESTORE_EXT_FILE))
		restore_refuse(restore, NULL,
			       "file %u was kept by a plugin, and none is loaded that restores files; name their "
			       "directory with --libdir",
			       file->id);
	return 0;
}

static int external_open(struct restore *restore, struct file *file, int *ret_fd)
{
	bool again = false;
	int fd = plugins_restore_file((int)file->id, &again);

	if (fd < 0 && again)
		return -EAGAIN;
	if (fd == -ENOTSUP)
		return log_fail(fd, "file %u was kept by a plugin, and no loaded one restores it", file->id);
	if (fd < 0)
		return log_errno(fd, "file %u: its plugin fails", file->id);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return log_errno(errno, "file %u: its plugin gave %d, which is no descriptor", file->id, fd);
	*ret_fd = fd;
	return 0;
}

static int external_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	return fd_owner_restore(task, fd, file->record->ext->fown, 0);
}

const struct fd_kind external_by_plugin_kind = {
	.name = "external-by-plugin",
	.type = FD_TYPES__EXT,
	.matches = external_matches,
	.survey = external_survey,
	.dump = external_dump,
	.load = external_load,
	.open = external_open,
	.attach = external_attach,
};
