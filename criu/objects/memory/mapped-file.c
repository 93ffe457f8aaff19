// SPDX-License-Identifier: GPL-2.0-only
/* Mappings of files. The file is opened again; private pages that were written are stored. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "criu/kernel/proc/mappings.h"
#include "criu/objects/memory/memory.h"
#include "criu/util/log.h"
#include "criu/util/tree.h"

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

/* Tasks map the same few libraries many times: what /proc/PID/maps says in the same words is the same file, and is
 * looked at once. All tasks are in the mount namespace of criu. */
struct mapped_file {
	RB_ENTRY(mapped_file) link;
	dev_t dev; /* as in maps */
	ino_t inode;
	bool deleted;
	const char *name;
	struct stat stat;
	bool is_surveyed[2]; /* for reading, for writing too */
	uint32_t ids[2];
};

RB_HEAD(mapped_files, mapped_file);

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_mapped_files(const struct mapped_file *a, const struct mapped_file *b)
{
	int order = compare_numbers(a->inode, b->inode);

	if (!order)
		order = compare_numbers(a->dev, b->dev);
	if (!order)
		order = a->deleted - b->deleted;
	return order ? order : strcmp(a->name, b->name);
}

RB_GENERATE_LOCAL(mapped_files, mapped_file, link, compare_mapped_files)

static int look_at_file(struct dump *dump, const struct task *task, struct mapping *mapping, const char *link)
{
	static const char key;
	struct mapped_files *files = kind_state_get(&dump->kind_state, &dump->arena, &key, 0, sizeof(*files), NULL);
	struct mapped_file wanted = {
		.dev = mapping->dev,
		.inode = mapping->inode,
		.deleted = mapping->deleted,
		.name = mapping->name,
	};

	mapping->file = RB_FIND(mapped_files, files, &wanted);
	if (mapping->file)
		return 0;
	if (fstatat(task->proc_fd, link, &wanted.stat, 0) < 0)
		return log_errno(errno, "cannot look at the file behind '%s' of task %d", link, task->pid);
	mapping->file = arena_copy(&dump->arena, &wanted, sizeof(wanted));
	RB_INSERT(mapped_files, files, mapping->file);
	return 0;
}

static int mapped_file_survey(struct dump *dump, const struct task *task, struct mapping *mapping)
{
	uint32_t flags = open_flags(mapping);
	char link[MAPPING_LINK_SIZE];
	int error;

	mapping_link(mapping, link);
	error = look_at_file(dump, task, mapping, link);
	if (error < 0)
		return error;
	mapping->dev = mapping->file->stat.st_dev;
	mapping->inode = mapping->file->stat.st_ino;
	if (!is_mappable(mapping, &mapping->file->stat)) {
		dump_refuse(dump, task, "%s is no regular file: memory of devices cannot be kept",
			    mapping_describe(&dump->arena, mapping));
		return 0;
	}
	mapping_survey_flags(dump, task, mapping);
	if (mapping->file->is_surveyed[flags == O_RDWR])
		return 0;
	mapping->file->is_surveyed[flags == O_RDWR] = true;
	return dump_survey_path(dump, task, link, flags);
}

static int mapped_file_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	VmaEntry *record = mapping->record;
	char link[MAPPING_LINK_SIZE];
	uint32_t *id;
	int error = 0;

	record->status = VMA_REGULAR | (record->flags & MAP_SHARED ? VMA_FILE_SHARED : VMA_FILE_PRIVATE);
	record->has_fdflags = true;
	record->fdflags = open_flags(mapping);
	id = &mapping->file->ids[record->fdflags == O_RDWR];
	mapping_link(mapping, link);
	if (!*id)
		error = dump_path_file(dump, task, link, record->fdflags, id);
	record->shmid = *id;
	return error;
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
