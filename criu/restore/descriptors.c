// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of the tasks: opened once at numbers above all of theirs, then placed in each table. */
#include "criu/restore/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/image/file.h"
#include "criu/model/sharing.h"
#include "criu/objects/inherit.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"
#include "criu/util/open-files.h"

/* Numbers needed besides those of files: log, images, inherited ones, ends of pipes in the making. */
#define SERVICE_FDS_SPARE 64

/* --- tables of the tasks --- */

struct table {
	struct fd_info *fds;
	unsigned int nr;
	size_t room;
};

static int compare_fds(const void *left, const void *right)
{
	return ((const struct fd_info *)left)->fd - ((const struct fd_info *)right)->fd;
}

static int take_fdinfo(struct restore *restore, struct task *task, const FdinfoEntry *record, struct fd_info *fd)
{
	struct file *file = restore_find_file(restore, record->id);

	if (!file)
		return log_fail(-EBADMSG, "task %d: descriptor %u: there is no file %u in files.img",
				task->pid, record->fd, record->id);
	if (file->record->type != record->type)
		return log_fail(-EBADMSG, "task %d: descriptor %u: file %u has another type", task->pid,
				record->fd, record->id);
	if (record->fd > INT32_MAX / 2)
		return log_fail(-EBADMSG, "task %d: descriptor %u: no such number is possible", task->pid,
				record->fd);
	file->wanted = file->held = true;
	*fd = (struct fd_info){
		.task = task,
		.fd = (int)record->fd,
		.kind = file->kind,
		.file_id = record->id,
		.cloexec = record->flags & FD_CLOEXEC,
	};
	return 0;
}

/* Grows by doubling; what becomes too small stays in the arena. */
static struct fd_info *grow_fds(struct restore *restore, struct table *table)
{
	if (table->nr < table->room)
		return &table->fds[table->nr];

	struct fd_info *larger = arena_array(&restore->arena, struct fd_info, table->room * 2 + 16);

	for (unsigned int i = 0; i < table->nr; i++)
		larger[i] = table->fds[i];
	table->fds = larger;
	table->room = table->room * 2 + 16;
	return &table->fds[table->nr];
}

static int read_fdinfo(struct restore *restore, struct task *task, struct image_file *image, struct table *table)
{
	for (;;) {
		_cleanup_message_ ProtobufCMessage *message = NULL;
		int ret = image_read_record(image, NULL, &message);

		if (ret < 0)
			return log_errno(ret, "task %d: cannot read '%s'", task->pid, image_name(image));
		if (ret == 0)
			return 0;
		ret = take_fdinfo(restore, task, (const FdinfoEntry *)message, grow_fds(restore, table));
		if (ret < 0)
			return ret;
		table->nr++;
	}
}

static int check_unique(const struct task *task, const struct table *table)
{
	for (unsigned int i = 1; i < table->nr; i++)
		if (table->fds[i].fd == table->fds[i - 1].fd)
			return log_fail(-EBADMSG, "task %d: descriptor %d is there twice in its image",
					task->pid, table->fds[i].fd);
	return 0;
}

static int read_table(struct restore *restore, struct task *task, uint32_t id, struct fd_info **ret_fds,
		      unsigned int *ret_nr)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	struct table table = { 0 };
	int ret = image_open(restore->images, IMAGE_FDINFO, id, &image);

	if (ret < 0)
		return log_errno(ret, "task %d: cannot open 'fdinfo-%u.img'", task->pid, id);
	ret = read_fdinfo(restore, task, image, &table);
	if (ret < 0)
		return ret;
	if (table.nr)
		qsort(table.fds, table.nr, sizeof(*table.fds), compare_fds);
	*ret_fds = table.fds;
	*ret_nr = table.nr;
	return check_unique(task, &table);
}

int restore_load_fdinfo(struct restore *restore, struct task *task)
{
	int ret = 0;

	if (task->state == TASK_DEAD)
		return 0;
	if (sharing_borrows(task, SHARE_FILES)) {
		task->fds = task->share[SHARE_FILES].group->first->fds;
		task->nr_fds = task->share[SHARE_FILES].group->first->nr_fds;
	} else {
		ret = read_table(restore, task, task->ids->files_id, &task->fds, &task->nr_fds);
	}
	for (unsigned int i = 1; i < task->nr_threads && ret == 0; i++) {
		struct thread *thread = &task->threads[i];

		if (sharing_owns_table(thread))
			ret = read_table(restore, task, thread->ids[SHARE_FILES], &thread->fds, &thread->nr_fds);
	}
	return ret;
}

/* --- checks --- */

/* Kinds may want further files (the path of a terminal): again until no new one is wanted. */
int restore_check_files(struct restore *restore)
{
	_cleanup_free_ bool *checked = calloc(restore->nr_files + 1, sizeof(*checked));
	bool moved = true;

	if (!checked)
		return log_errno(ENOMEM, "cannot check %zu files", restore->nr_files);
	while (moved) {
		moved = false;
		for (size_t i = 0; i < restore->nr_files; i++) {
			struct file *file = &restore->files[i];
			int ret;

			if (!file->wanted || checked[i])
				continue;
			moved = checked[i] = true;
			if (!file->kind) {
				restore_refuse(restore, NULL,
					       "file %u: files of type %d cannot be restored by this "
					       "build",
					       file->id, file->record->type);
				continue;
			}
			ret = file->kind->load(restore, file);
			if (ret < 0)
				return ret;
		}
	}
	return 0;
}

/* --- the service range --- */

static int highest_fd(const struct restore *restore)
{
	const struct task *task;
	int highest = 2;

	TAILQ_FOREACH(task, &restore->tasks, link) {
		if (task->nr_fds)
			highest = MAX(highest, task->fds[task->nr_fds - 1].fd);
		for (unsigned int i = 1; i < task->nr_threads; i++)
			if (task->threads[i].nr_fds)
				highest = MAX(highest, task->threads[i].fds[task->threads[i].nr_fds - 1].fd);
	}
	return highest;
}

int restore_plan_service_fds(struct restore *restore)
{
	int base = highest_fd(restore) + 1;
	size_t needed = SERVICE_FDS_SPARE;
	struct rlimit limit;
	int error;

	for (size_t i = 0; i < restore->nr_files; i++)
		needed += restore->files[i].wanted;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return log_errno(errno, "cannot read the limit of open files");
	if (limit.rlim_max < base + needed) {
		restore_refuse(restore, NULL,
			       "the tasks have descriptors up to %d and %zu more are needed meanwhile, "
			       "but the hard limit of open files is %llu; raise it (ulimit -Hn) and try again",
			       base - 1, needed, (unsigned long long)limit.rlim_max);
		return 0;
	}
	error = open_files_raise_limit();
	if (error < 0)
		return log_errno(error, "cannot raise the soft limit of open files");
	restore->service_fd_base = restore->service_fd_next = base;
	return restore_save_inherited(restore);
}

/* --- opening --- */

/* 1: opened; 0: to be asked again. */
static int open_file(struct restore *restore, struct file *file)
{
	int fd = -EBADF, ret = file->kind->open(restore, file, &fd);

	if (ret == -EAGAIN)
		return 0;
	if (ret < 0)
		return ret;
	fd = restore_service_fd(restore, fd);
	if (fd < 0)
		return log_errno(fd, "file %u (%s): cannot be moved to a free number", file->id, file->kind->name);
	file->fd = fd;
	return 1;
}

/* Number of files opened in this round, or -errno. */
static int open_round(struct restore *restore, size_t *ret_left)
{
	size_t left = 0;
	int opened = 0;

	for (size_t i = 0; i < restore->nr_files; i++) {
		struct file *file = &restore->files[i];
		int ret;

		if (!file->wanted || file->fd >= 0)
			continue;
		ret = open_file(restore, file);
		if (ret < 0)
			return ret;
		opened += ret;
		left += !ret;
	}
	*ret_left = left;
	return opened;
}

static int fail_left_ones(const struct restore *restore)
{
	for (size_t i = 0; i < restore->nr_files; i++) {
		const struct file *file = &restore->files[i];

		if (file->wanted && file->fd < 0)
			log_error("file %u (%s): what it needs to be opened is not there", file->id,
				  file->kind->name);
	}
	return -EDEADLK;
}

int restore_open_files(struct restore *restore)
{
	size_t left = 0;
	int opened;

	do {
		opened = open_round(restore, &left);
		if (opened < 0)
			return opened;
	} while (opened && left);
	return left ? fail_left_ones(restore) : 0;
}

int restore_reopen_files(struct restore *restore)
{
	int ret = 0;

	for (size_t i = 0; i < restore->nr_files && ret == 0; i++) {
		struct file *file = &restore->files[i];

		if (file->fd >= 0 && file->kind->reopen)
			ret = file->kind->reopen(restore, file);
	}
	return ret;
}

static int finish_files(struct restore *restore, bool last)
{
	int ret = 0;

	for (size_t i = 0; i < restore->nr_files && ret == 0; i++) {
		struct file *file = &restore->files[i];

		if (file->fd >= 0 && file->kind->finish && file->kind->finishes_last == last)
			ret = file->kind->finish(restore, file);
	}
	return ret;
}

int restore_finish_files(struct restore *restore)
{
	int ret = finish_files(restore, false);

	return ret < 0 ? ret : finish_files(restore, true);
}

static void close_file(struct file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -EBADF;
}

void restore_close_files(struct restore *restore)
{
	for (size_t i = 0; i < restore->nr_files; i++)
		if (!restore->files[i].kind || !restore->files[i].kind->let_go)
			close_file(&restore->files[i]);
	restore_close_inherited(restore);
}

void restore_let_go_files(struct restore *restore)
{
	for (size_t i = 0; i < nr_global_kinds; i++)
		if (global_kinds[i]->let_go)
			global_kinds[i]->let_go(restore);
	for (size_t i = 0; i < restore->nr_files; i++) {
		struct file *file = &restore->files[i];

		if (file->fd >= 0 && file->kind->let_go)
			file->kind->let_go(restore, file);
		close_file(file);
	}
}

/* --- in the task --- */

static int close_between(unsigned int first, unsigned int last)
{
	if (first > last)
		return 0;
	/* From Linux 5.9 on. */
	return syscall(SYS_close_range, first, last, 0) < 0 ? -errno : 0;
}

static int close_others(const struct restore *restore, const struct task *task)
{
	unsigned int next = 0;
	int ret = 0;

	for (unsigned int i = 0; i < task->nr_fds && ret == 0; i++) {
		if (task->fds[i].fd)
			ret = close_between(next, (unsigned int)task->fds[i].fd - 1);
		next = (unsigned int)task->fds[i].fd + 1;
	}
	return ret < 0 ? ret : close_between(next, (unsigned int)restore->service_fd_base - 1);
}

static int attach_by_service(struct restore *restore, struct task *task, const struct fd_info *fd)
{
	const struct file *file = restore_find_file(restore, fd->file_id);

	return fd->kind->attach ? fd->kind->attach(restore, task, file, file->fd) : 0;
}

/* Where another task, or a thread, fills the table, what belongs to this task (a controlling terminal) is done by service
 * number. */
static int attach_descriptors(struct restore *restore, struct task *task)
{
	bool borrowed = sharing_borrows(task, SHARE_FILES);
	int ret = 0;

	for (unsigned int i = 0; i < task->nr_fds && ret == 0; i++) {
		const struct fd_info *fd = &task->fds[i];

		if (borrowed)
			ret = attach_by_service(restore, task, fd);
		else if (fd->kind->attach)
			ret = fd->kind->attach(restore, task, restore_find_file(restore, fd->file_id), fd->fd);
	}
	for (unsigned int i = 1; i < task->nr_threads; i++)
		for (unsigned int j = 0; j < task->threads[i].nr_fds && ret == 0; j++)
			ret = attach_by_service(restore, task, &task->threads[i].fds[j]);
	return ret;
}

static int fetch_table(struct restore *restore, const struct fd_info *fds, unsigned int nr)
{
	int ret = 0;

	for (unsigned int i = 0; i < nr && ret == 0; i++)
		if (fds[i].kind->fetch)
			ret = fds[i].kind->fetch(restore, restore_find_file(restore, fds[i].file_id));
	return ret;
}

static int fetch_files(struct restore *restore, const struct task *task)
{
	int ret = fetch_table(restore, task->fds, task->nr_fds);

	for (unsigned int i = 1; i < task->nr_threads && ret == 0; i++)
		ret = fetch_table(restore, task->threads[i].fds, task->threads[i].nr_fds);
	return ret;
}

int restore_place_descriptors(struct restore *restore, struct task *task)
{
	int ret = fetch_files(restore, task);

	if (ret < 0)
		return ret;
	if (sharing_borrows(task, SHARE_FILES))
		return attach_descriptors(restore, task);
	for (unsigned int i = 0; i < task->nr_fds; i++) {
		const struct fd_info *fd = &task->fds[i];
		const struct file *file = restore_find_file(restore, fd->file_id);

		if (dup3(file->fd, fd->fd, fd->cloexec ? O_CLOEXEC : 0) < 0)
			return log_errno(errno, "task %d: descriptor %d (%s): cannot be put in its place",
					 task->pid, fd->fd, fd->kind->name);
	}
	ret = close_others(restore, task);
	if (ret < 0)
		return log_errno(ret, "task %d: cannot close descriptors that it does not have", task->pid);
	return attach_descriptors(restore, task);
}
