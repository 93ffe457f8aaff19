// SPDX-License-Identifier: GPL-2.0-only
/* Current directory, root directory and umask, also those that a thread has for itself. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/proc/status.h"
#include "criu/model/sharing.h"
#include "criu/objects/kinds.h"
#include "criu/util/log.h"

#define UMASK_UNKNOWN 022

/* Any thread has an entry of its own in /proc, which shows its directories. */
static struct task view_through(const struct task *task, const struct thread *thread)
{
	struct task view = *task;

	view.proc_fd = thread->proc_fd;
	return view;
}

static int survey(struct dump *dump, const struct task *task)
{
	int error = dump_survey_path(dump, task, "cwd", O_RDONLY | O_DIRECTORY);

	return error < 0 ? error : dump_survey_path(dump, task, "root", O_RDONLY | O_DIRECTORY);
}

static int directories_survey(struct dump *dump, const struct task *task)
{
	int error = task->state == TASK_DEAD ? 0 : survey(dump, task);

	for (unsigned int i = 1; error == 0 && i < task->nr_threads; i++) {
		struct task view = view_through(task, &task->threads[i]);

		if (thread_has_own(&task->threads[i], SHARE_FS))
			error = survey(dump, &view);
	}
	return error;
}

static int dump_directories(struct dump *dump, const struct task *task, const struct proc_status *status,
			    FsEntry **ret_fs)
{
	FsEntry *fs = arena_new(&dump->arena, FsEntry);
	int error;

	fs_entry__init(fs);
	fs->has_umask = status->has_umask;
	fs->umask = status->umask;
	*ret_fs = fs;
	error = dump_path_file(dump, task, "cwd", O_RDONLY | O_DIRECTORY, &fs->cwd_id);
	return error < 0 ? error : dump_path_file(dump, task, "root", O_RDONLY | O_DIRECTORY, &fs->root_id);
}

static int directories_dump_task(struct dump *dump, struct task *task)
{
	return task->state == TASK_DEAD ? 0 : dump_directories(dump, task, task->status, &task->fs);
}

static int directories_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	struct task view = view_through(task, thread);

	if (!thread_has_own(thread, SHARE_FS))
		return 0;
	return dump_directories(dump, &view, thread->status, &thread->core->thread_core->fs);
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
	task->threads[0].fs = task->fs;
	for (unsigned int i = 1; i < task->nr_threads; i++) {
		struct thread *thread = &task->threads[i];

		thread->fs = thread_has_own(thread, SHARE_FS) ? thread->core->thread_core->fs : task->fs;
		if (!thread->fs)
			return log_fail(-EBADMSG, "image 'core-%d.img': no directories in it", thread->tid);
		want_file(restore, task, thread->fs->cwd_id, "current directory of a thread");
		want_file(restore, task, thread->fs->root_id, "root directory of a thread");
	}
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
	int error;

	if (sharing_borrows(task, SHARE_FS))
		return 0;
	error = change_root(task, restore_find_file(restore, task->fs->root_id));
	if (error < 0)
		return error;
	if (fchdir(cwd->fd) < 0)
		return log_errno(errno, "task %d: current directory '%s' cannot be entered", task->pid,
				 name_of(cwd));
	umask(task->fs->has_umask ? task->fs->umask : UMASK_UNKNOWN);
	return 0;
}

static bool is_first_with_them(const struct thread *thread)
{
	return thread->task->threads[thread->creator].ids[SHARE_FS] != thread->ids[SHARE_FS];
}

static int directories_plan_thread(struct restore *restore, struct task *task, struct thread *thread,
				   struct restorer_thread *ret)
{
	ret->cwd_fd = ret->root_fd = -1;
	if (!thread_has_own(thread, SHARE_FS) || !is_first_with_them(thread))
		return 0;
	ret->cwd_fd = restore_find_file(restore, thread->fs->cwd_id)->fd;
	if (thread->fs->root_id != task->threads[thread->creator].fs->root_id)
		ret->root_fd = restore_find_file(restore, thread->fs->root_id)->fd;
	ret->umask = thread->fs->has_umask ? thread->fs->umask : UMASK_UNKNOWN;
	return 0;
}

const struct task_kind directories_kind = {
	.name = "directories",
	.survey = directories_survey,
	.dump_task = directories_dump_task,
	.dump_thread = directories_dump_thread,
	.load = directories_load,
	.in_task = directories_in_task,
	.plan_thread = directories_plan_thread,
};
