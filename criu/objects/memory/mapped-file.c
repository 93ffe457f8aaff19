// SPDX-License-Identifier: GPL-2.0-only
/* Mappings of files. The file is opened again; private pages that were written are stored. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "criu/kernel/proc/mappings.h"
#include "criu/objects/memory/memory.h"
#include "criu/util/log.h"

static bool mapped_file_matches(const struct mapping *mapping)
{
	return mapping->name && mapping->name[0] == '/';
}

/* Of devices, only private mappings of /dev/zero are like those of files. */
static bool is_mappable(const struct mapping *mapping, const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return true;
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 5) && (mapping->record->flags & MAP_PRIVATE);
}

/* A shared mapping that may become writable comes from a file open for writing. */
static uint32_t open_flags(const struct mapping *mapping)
{
	if (!(mapping->record->flags & MAP_SHARED))
		return O_RDONLY;
	return mapping->vm_flags & PROC_VM_MAY_WRITE ? O_RDWR : O_RDONLY;
}

static int mapped_file_survey(struct dump *dump, const struct task *task, struct mapping *mapping)
{
	char link[MAPPING_LINK_SIZE];
	struct stat st;

	mapping_link(mapping, link);
	if (fstatat(task->proc_fd, link, &st, 0) < 0)
		return log_errno(errno, "cannot look at the file behind '%s' of task %d", link, task->pid);
	mapping->dev = st.st_dev;
	mapping->inode = st.st_ino;
	if (!is_mappable(mapping, &st)) {
		dump_refuse(dump, task, "%s is no regular file: memory of devices cannot be kept",
			    mapping_describe(&dump->arena, mapping));
		return 0;
	}
	mapping_survey_flags(dump, task, mapping);
	return dump_survey_path(dump, task, link, open_flags(mapping));
}

static int mapped_file_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	VmaEntry *record = mapping->record;
	char link[MAPPING_LINK_SIZE];
	uint32_t id;
	int error;

	mapping_link(mapping, link);
	record->status = VMA_REGULAR | (record->flags & MAP_SHARED ? VMA_FILE_SHARED : VMA_FILE_PRIVATE);
	record->has_fdflags = true;
	record->fdflags = open_flags(mapping);
	error = dump_path_file(dump, task, link, record->fdflags, &id);
	if (error < 0)
		return error;
	record->shmid = id;
	return 0;
}

static bool mapped_file_reads(const VmaEntry *record)
{
	return record->status == (VMA_REGULAR | VMA_FILE_PRIVATE) ||
	       record->status == (VMA_REGULAR | VMA_FILE_SHARED);
}

static int mapped_file_load(struct restore *restore, struct task *task, struct mapping *mapping)
{
	struct file *file = restore_find_file(restore, (uint32_t)mapping->record->shmid);

	if (mapping->record->shmid > UINT32_MAX || !file)
		return log_fail(-EBADMSG, "task %d: mapping %lx: no file has the id %lu", task->pid,
				(unsigned long)mapping->record->start, (unsigned long)mapping->record->shmid);
	file->wanted = true;
	return 0;
}

static int mapped_file_open(struct restore *restore, struct task *task, struct mapping *mapping)
{
	const struct file *file = restore_find_file(restore, (uint32_t)mapping->record->shmid);

	if (!file || file->fd < 0)
		return log_fail(-EBADF, "task %d: mapping %lx: its file is not open", task->pid,
				(unsigned long)mapping->record->start);
	mapping->fd = file->fd;
	return 0;
}

const struct mapping_kind mapped_file_kind = {
	.name = "mapped-file",
	.matches = mapped_file_matches,
	.survey = mapped_file_survey,
	.dump = mapped_file_dump,
	.reads = mapped_file_reads,
	.load = mapped_file_load,
	.open = mapped_file_open,
	.dump_pages = true,
	.file_behind = true,
	.not_lazy = true,
};
