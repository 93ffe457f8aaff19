// SPDX-License-Identifier: GPL-2.0-only
/* Mappings of an io_uring: its queues. Their contents are kept with the descriptor, by which they are found. */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>

#include "criu/model/fd-walk.h"
#include "criu/objects/memory/memory.h"
#include "criu/util/log.h"

extern const struct fd_kind io_uring_kind;

static bool ring_matches(const struct mapping *mapping)
{
	return mapping->name && !strcmp(mapping->name, "anon_inode:[io_uring]");
}

/* Each ring has an inode of its own (from 5.12 on). */
static const struct fd_info *find_ring(const struct dump *dump, const struct mapping *mapping)
{
	struct fd_walk walk = fd_walk_all(&dump->tasks);
	const struct fd_info *fd;

	while ((fd = fd_walk_next(&walk)))
		if (fd->kind == &io_uring_kind && fd->stat.st_ino == mapping->inode &&
		    fd->stat.st_dev == mapping->dev)
			return fd;
	return NULL;
}

static bool is_queue(uint64_t offset)
{
	return offset == IORING_OFF_SQ_RING || offset == IORING_OFF_CQ_RING || offset == IORING_OFF_SQES;
}

static int ring_survey(struct dump *dump, const struct task *task, struct mapping *mapping)
{
	if (!find_ring(dump, mapping))
		dump_refuse(dump, task,
			    "%s is of an io_uring that no task has a descriptor of; unmap it before the dump",
			    mapping_describe(&dump->arena, mapping));
	else if (!is_queue(mapping->record->pgoff) || !(mapping->record->flags & MAP_SHARED))
		dump_refuse(dump, task, "%s is a part of an io_uring which cannot be mapped again (offset %#lx)",
			    mapping_describe(&dump->arena, mapping), (unsigned long)mapping->record->pgoff);
	return 0;
}

static int ring_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	const struct fd_info *fd = find_ring(dump, mapping);
	VmaEntry *record = mapping->record;

	if (!fd)
		return -ENOENT;
	record->status = VMA_REGULAR | VMA_FILE_SHARED;
	record->shmid = fd->file_id;
	record->has_fdflags = true;
	record->fdflags = O_RDWR;
	record->has_io_uring = record->io_uring = true;
	return 0;
}

static bool ring_reads(const VmaEntry *record)
{
	return record->has_io_uring && record->io_uring && record->status == (VMA_REGULAR | VMA_FILE_SHARED);
}

static int ring_load(struct restore *restore, struct task *task, struct mapping *mapping)
{
	const VmaEntry *record = mapping->record;
	struct file *file = record->shmid > UINT32_MAX ? NULL
						       : restore_find_file(restore, (uint32_t)record->shmid);

	if (!file || file->record->type != FD_TYPES__IO_URING || !is_queue(record->pgoff))
		return log_fail(-EBADMSG, "image 'mm-%d.img': mapping %lx: there is no io_uring with file id %lu",
				task->pid, (unsigned long)record->start, (unsigned long)record->shmid);
	file->wanted = true;
	return 0;
}

static int ring_open(struct restore *restore, struct task *task, struct mapping *mapping)
{
	mapping->fd = restore_find_file(restore, (uint32_t)mapping->record->shmid)->fd;
	return 0;
}

const struct mapping_kind io_uring_mapping_kind = {
	.name = "io-uring-mapping",
	.matches = ring_matches,
	.survey = ring_survey,
	.dump = ring_dump,
	.reads = ring_reads,
	.load = ring_load,
	.open = ring_open,
	.cornered = true,
};
