// SPDX-License-Identifier: GPL-2.0-only
/* Current directory, root directory and umask. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "criu/kernel/proc/status.h"
#include "criu/objects/kinds.h"
#include "criu/util/log.h"

static int directories_survey(struct dump *dump, const struct task *task)
{
	int error;

	if (task->state == TASK_DEAD)
		return 0;
	error = dump_survey_path(dump, task, "cwd", O_RDONLY | O_DIRECTORY);
	return error < 0 ? error : dump_survey_path(dump, task, "root", O_RDONLY | O_DIRECTORY);
}

static int directories_dump_task(struct dump *dump, struct task *task)
{
	int error;

	if (task->state == TASK_DEAD)
		return 0;
	task->fs = arena_new(&dump->arena, FsEntry);
	fs_entry__init(task->fs);
	task->fs->has_umask = task->status->has_umask;
	task->fs->umask = task->status->umask;
	error = dump_path_file(dump, task, "cwd", O_RDONLY | O_DIRECTORY, &task->fs->cwd_id);
	return error < 0 ? error : dump_path_file(dump, task, "root", O_RDONLY | O_DIRECTORY, &task->fs->root_id);
}

static void want_file(struct restore *restore, struct task *task, uint32_t id, const char *what)
{
	struct file *file = restore_find_file(restore, id);

	if (file)
		file->wanted = true;
	else
		restore_refuse(restore, task, "%s: file %u is not in the images", what, id);
}

static int directories_load(struct restore *restore, struct task *task)
{
	want_file(restore, task, task->fs->cwd_id, "current directory");
	want_file(restore, task, task->fs->root_id, "root directory");
	return 0;
}

static const char *name_of(const struct file *file)
{
	return file->record->reg ? file->record->reg->name : "?";
}

/* chroot(2) only where the root differs: it needs a right that not everybody has. */
static int change_root(const struct task *task, const struct file *root)
{
	struct stat wanted, now;

	if (fstat(root->fd, &wanted) < 0 || stat("/", &now) < 0)
		return log_errno(errno, "task %d: root directory '%s'", task->pid, name_of(root));
	if (wanted.st_dev == now.st_dev && wanted.st_ino == now.st_ino)
		return 0;
	if (fchdir(root->fd) < 0 || chroot(".") < 0)
		return log_errno(errno, "task %d: root directory '%s' cannot be entered", task->pid, name_of(root));
	return 0;
}

static int directories_in_task(struct restore *restore, struct task *task)
{
	const struct file *cwd = restore_find_file(restore, task->fs->cwd_id);
	int error = change_root(task, restore_find_file(restore, task->fs->root_id));

	if (error < 0)
		return error;
	if (fchdir(cwd->fd) < 0)
		return log_errno(errno, "task %d: current directory '%s' cannot be entered", task->pid,
				 name_of(cwd));
	umask(task->fs->has_umask ? task->fs->umask : 022);
	return 0;
}

const struct task_kind directories_kind = {
	.name = "directories",
	.survey = directories_survey,
	.dump_task = directories_dump_task,
	.load = directories_load,
	.in_task = directories_in_task,
};
