// SPDX-License-Identifier: GPL-2.0-only
/* Shared mappings of anonymous shared memory and of memfds. Their contents belong to the object, not to a task. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "criu/kernel/proc/mappings.h"
#include "criu/objects/memory/memory.h"
#include "criu/objects/memory/shared-memory.h"
#include "criu/util/log.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

#define MEMFD_PREFIX "/memfd:"
#define NAMED_PREFIX "[anon_shmem:"

static bool is_memfd(const struct mapping *mapping)
{
	return mapping->deleted && !strncmp(mapping->name, MEMFD_PREFIX, strlen(MEMFD_PREFIX));
}

static bool shared_matches(const struct mapping *mapping)
{
	if (!mapping->name || !(mapping->record->flags & MAP_SHARED))
		return false;
	return is_memfd(mapping) || (mapping->deleted && !strcmp(mapping->name, "/dev/zero")) ||
	       !strncmp(mapping->name, NAMED_PREFIX, strlen(NAMED_PREFIX));
}

static int shared_survey(struct dump *dump, const struct task *task, struct mapping *mapping)
{
	const char *name = is_memfd(mapping) ? mapping->name + strlen(MEMFD_PREFIX) : "/dev/zero";
	char link[MAPPING_LINK_SIZE];
	int error;

	if (!strncmp(mapping->name, NAMED_PREFIX, strlen(NAMED_PREFIX)))
		dump_refuse(dump, task,
			    "%s has a name given by prctl(PR_SET_VMA), which cannot be kept; take it off "
			    "before the dump",
			    mapping_describe(&dump->arena, mapping));
	/* Objects of hugetlbfs are not of the kind below. */
	if (mapping->vm_flags & PROC_VM_HUGE_TLB)
		return mapping_survey_flags(dump, task, mapping);
	mapping_link(mapping, link);
	error = shared_memory_find(dump, task, link, name, &mapping->shared);
	if (error < 0)
		return error;
	if ((mapping->vm_flags & PROC_VM_MAY_WRITE) && (shared_memory_seals(mapping->shared) & F_SEAL_FUTURE_WRITE))
		dump_refuse(dump, task,
			    "%s is writable, but its memfd is sealed against future writing: the order "
			    "cannot be repeated",
			    mapping_describe(&dump->arena, mapping));
	return mapping_survey_flags(dump, task, mapping);
}

static int shared_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	VmaEntry *record = mapping->record;

	record->status = VMA_REGULAR | VMA_FILE_SHARED | VMA_MEMFD;
	record->shmid = shared_memory_file_id(dump, mapping->shared);
	record->has_fdflags = true;
	record->fdflags = mapping->vm_flags & PROC_VM_MAY_WRITE ? O_RDWR : O_RDONLY;
	return 0;
}

static bool shared_reads(const VmaEntry *record)
{
	return record->status == (VMA_REGULAR | VMA_FILE_SHARED | VMA_MEMFD);
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
	bool writable = !record->has_fdflags || (record->fdflags & O_ACCMODE) != O_RDONLY;
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
