// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of the tasks: refusals before anything is touched, then their records. */
#include "criu/dump/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "criu/image/file.h"
#include "criu/model/sharing.h"
#include "criu/objects/fd/unknown.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* Bit n: the description with file id n has been seen. */
struct seen {
	uint8_t *bits;
};

static void free_seen(struct seen *seen)
{
	free(seen->bits);
}

static int seen_init(const struct dump *dump, struct seen *seen)
{
	seen->bits = calloc(dump->last_file_id / 8 + 1, 1);
	return seen->bits ? 0 : log_errno(ENOMEM, "cannot list %u open files", dump->last_file_id);
}

static bool see_first(struct seen *seen, uint32_t id)
{
	bool first = !(seen->bits[id / 8] & 1 << id % 8);

	seen->bits[id / 8] |= (uint8_t)(1 << id % 8);
	return first;
}

/* --- survey --- */

static int survey_descriptor(struct dump *dump, const struct fd_info *fd, bool first)
{
	if (!fd->kind) {
		dump_refuse(dump, fd->task, "%s: %s cannot be kept by this build; close it before the dump",
			    fd_describe(dump, fd), fd_name_unknown(dump, fd));
		return 0;
	}
	return first ? fd->kind->survey(dump, fd) : 0;
}

static int survey_table(struct dump *dump, const struct fd_info *fds, unsigned int nr, struct seen *seen)
{
	int ret = 0;

	for (unsigned int i = 0; i < nr && ret == 0; i++)
		ret = survey_descriptor(dump, &fds[i], see_first(seen, fds[i].file_id));
	return ret;
}

/* The signals of O_ASYNC tell the number at which it was set, and the numbers of threads are filled too late for it. */
static int survey_thread(struct dump *dump, const struct thread *thread, struct seen *seen)
{
	for (unsigned int i = 0; i < thread->nr_fds; i++) {
		const struct fd_info *fd = &thread->fds[i];

		if (fd->kind && fd->flags & O_ASYNC && !(seen->bits[fd->file_id / 8] & 1 << fd->file_id % 8))
			dump_refuse(dump, thread->task,
				    "%s is in the descriptor table of thread %d alone, where only files without O_ASYNC "
				    "can be kept; clear that flag or close it before the dump",
				    fd_describe(dump, fd), thread->tid);
	}
	return survey_table(dump, thread->fds, thread->nr_fds, seen);
}

int dump_survey_descriptors(struct dump *dump)
{
	_cleanup_(free_seen) struct seen seen = { 0 };
	int ret = seen_init(dump, &seen);
	struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		if (ret == 0)
			ret = survey_table(dump, task->fds, task->nr_fds, &seen);
	TAILQ_FOREACH(task, &dump->tasks, link)
		for (unsigned int i = 1; i < task->nr_threads && ret == 0; i++)
			ret = survey_thread(dump, &task->threads[i], &seen);
	if (ret == 0 && dump->flight)
		ret = survey_table(dump, dump->flight->fds, dump->flight->nr_fds, &seen);
	return ret;
}

/* --- records --- */

static int dump_description(struct dump *dump, const struct fd_info *fd)
{
	FileEntry record = FILE_ENTRY__INIT;
	int ret;

	record.type = fd->kind->type;
	record.id = fd->file_id;
	ret = fd->kind->dump(dump, fd, &record);
	return ret < 0 ? ret : dump_write_file(dump, &record);
}

static int write_fdinfo(struct image_file *image, const struct fd_info *fd)
{
	FdinfoEntry record = FDINFO_ENTRY__INIT;
	int ret;

	record.id = fd->file_id;
	record.type = fd->kind->type;
	record.fd = (uint32_t)fd->fd;
	record.flags = fd->cloexec ? FD_CLOEXEC : 0;
	ret = image_write_record(image, &record.base);
	return ret < 0 ? log_errno(ret, "cannot write to '%s'", image_name(image)) : 0;
}

static int dump_table(struct dump *dump, uint32_t id, const struct fd_info *fds, unsigned int nr, struct seen *seen)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_create(dump->images, IMAGE_FDINFO, id, &image);

	if (ret < 0)
		return log_errno(ret, "cannot create 'fdinfo-%u.img'", id);
	for (unsigned int i = 0; i < nr && ret == 0; i++) {
		const struct fd_info *fd = &fds[i];

		if (see_first(seen, fd->file_id))
			ret = dump_description(dump, fd);
		if (ret == 0)
			ret = write_fdinfo(image, fd);
	}
	if (ret < 0)
		return ret;
	ret = image_close(steal_pointer(&image));
	return ret < 0 ? log_errno(ret, "cannot write 'fdinfo-%u.img'", id) : 0;
}

static int dump_tables(struct dump *dump, const struct task *task, struct seen *seen)
{
	int ret = 0;

	if (!sharing_borrows(task, SHARE_FILES))
		ret = dump_table(dump, task->ids->files_id, task->fds, task->nr_fds, seen);
	for (unsigned int i = 1; i < task->nr_threads && ret == 0; i++) {
		const struct thread *thread = &task->threads[i];

		if (sharing_owns_table(thread))
			ret = dump_table(dump, thread->ids[SHARE_FILES], thread->fds, thread->nr_fds, seen);
	}
	return ret;
}

static int dump_in_flight(struct dump *dump, struct seen *seen)
{
	int ret = 0;

	for (unsigned int i = 0; i < dump->flight->nr_fds && ret == 0; i++)
		if (see_first(seen, dump->flight->fds[i].file_id))
			ret = dump_description(dump, &dump->flight->fds[i]);
	return ret;
}

int dump_descriptors(struct dump *dump)
{
	_cleanup_(free_seen) struct seen seen = { 0 };
	int ret = seen_init(dump, &seen);
	struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		if (ret == 0 && task->state != TASK_DEAD)
			ret = dump_tables(dump, task, &seen);
	return ret == 0 && dump->flight ? dump_in_flight(dump, &seen) : ret;
}
