// SPDX-License-Identifier: GPL-2.0-only
/* Mappings of anonymous shared memory and of memfds, with huge pages or without. The contents of the object belong to
 * no task; what a private mapping has changed does, and is stored as that of a file is. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "criu/kernel/proc/mappings.h"
#include "criu/objects/memory/memory.h"
#include "criu/objects/memory/shared-memory.h"
#include "criu/util/log.h"

static bool is_memfd(const struct mapping *mapping)
{
	return mapping->deleted && !strncmp(mapping->name, MEMFD_PREFIX, strlen(MEMFD_PREFIX));
}

static bool is_of_shared_memory(const struct mapping *mapping)
{
	if (!mapping->name || !mapping->deleted)
		return false;
	return is_memfd(mapping) || !strcmp(mapping->name, "/dev/zero") ||
	       ((mapping->vm_flags & PROC_VM_HUGE_TLB) && !strcmp(mapping->name, "/anon_hugepage"));
}

static bool shared_matches(const struct mapping *mapping)
{
	return is_of_shared_memory(mapping) && (mapping->record->flags & MAP_SHARED);
}

static bool private_matches(const struct mapping *mapping)
{
	return is_of_shared_memory(mapping) && (mapping->record->flags & MAP_PRIVATE);
}

static int shared_survey(struct dump *dump, const struct task *task, struct mapping *mapping)
{
	const char *name = is_memfd(mapping) ? mapping->name + strlen(MEMFD_PREFIX) : "/dev/zero";
	char link[MAPPING_LINK_SIZE];
	int error;

	mapping_link(mapping, link);
	error = shared_memory_find(dump, task, link, name, &mapping->shared);
	if (error < 0)
		return error;
	return mapping_survey_flags(dump, task, mapping);
}

static int shared_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	VmaEntry *record = mapping->record;

	bool shared = record->flags & MAP_SHARED;

	record->status = VMA_REGULAR | VMA_MEMFD | (shared ? VMA_FILE_SHARED : VMA_FILE_PRIVATE);
	record->shmid = shared_memory_file_id(dump, mapping->shared);
	record->has_fdflags = true;
	record->fdflags = shared && (mapping->vm_flags & PROC_VM_MAY_WRITE) ? O_RDWR : O_RDONLY;
	if (mapping->vm_flags & PROC_VM_UFFD)
		mapping->shared->keep_zeros = true;
	return 0;
}

static bool shared_reads(const VmaEntry *record)
{
	return record->status == (VMA_REGULAR | VMA_FILE_SHARED | VMA_MEMFD);
}

static bool private_reads(const VmaEntry *record)
{
	return record->status == (VMA_REGULAR | VMA_FILE_PRIVATE | VMA_MEMFD);
}

static int shared_load(struct restore *restore, struct task *task, struct mapping *mapping)
{
	const VmaEntry *record = mapping->record;
	const struct file *file = record->shmid > UINT32_MAX
					  ? NULL
					  : restore_find_file(restore, (uint32_t)record->shmid);

	if (file && file->record->type == FD_TYPES__MEMFD && file->record->memfd)
		mapping->shared = shared_memory_by_inode(restore, file->record->memfd->inode_id);
	if (!mapping->shared)
		return log_fail(-EBADMSG, "task %d: mapping %lx: there is no memfd with file id %lu",
				task->pid, (unsigned long)record->start, (unsigned long)record->shmid);
	return 0;
}

static int shared_open(struct restore *restore, struct task *task, struct mapping *mapping)
{
	const VmaEntry *record = mapping->record;
	bool writable = (record->flags & MAP_SHARED) &&
			(!record->has_fdflags || (record->fdflags & O_ACCMODE) != O_RDONLY);
	int error = shared_memory_fd(restore, mapping->shared, writable, &mapping->fd);

	return error < 0 ? log_errno(error, "task %d: mapping %lx: cannot open shared memory '%s'", task->pid,
				     (unsigned long)record->start, mapping->shared->name)
			 : 0;
}

const struct mapping_kind shared_memory_mapping_kind = {
	.name = "shared-memory",
	.matches = shared_matches,
	.survey = shared_survey,
	.dump = shared_dump,
	.reads = shared_reads,
	.load = shared_load,
	.open = shared_open,
	.not_lazy = true,
};

const struct mapping_kind private_memory_mapping_kind = {
	.name = "private-memory",
	.matches = private_matches,
	.survey = shared_survey,
	.dump = shared_dump,
	.reads = private_reads,
	.load = shared_load,
	.open = shared_open,
	.dump_pages = true,
	.file_behind = true,
	.not_lazy = true,
};
