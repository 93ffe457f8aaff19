// SPDX-License-Identifier: GPL-2.0-only
/* Mappings of System V shared memory: attached by id, so that the segment counts them. The segments themselves belong to
 * the IPC namespace. */
#include "criu/objects/memory/sysv-mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "criu/kernel/proc/mappings.h"
#include "criu/objects/memory/memory.h"
#include "criu/objects/namespace/ipc.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define PREFIX "/SYSV"

bool sysv_name_is(const char *name, bool deleted)
{
	return deleted && name && !strncmp(name, PREFIX, strlen(PREFIX));
}

bool sysv_mapping_is(const struct mapping *mapping)
{
	return sysv_name_is(mapping->name, mapping->deleted) && (mapping->record->flags & MAP_SHARED);
}

/* It may lie in a segment that is none of the task's namespace: attached before it went there. */
static bool is_within(const VmaEntry *record, uint64_t size)
{
	return record->pgoff <= size && record->end - record->start <= size - record->pgoff;
}

static int sysv_survey(struct dump *dump, const struct task *task, struct mapping *mapping)
{
	const struct ipc_object *segment = ipc_dumped_segment(dump, task, mapping->inode);

	if (!segment || !is_within(mapping->record, ipc_segment_size(segment)))
		dump_refuse(dump, task,
			    "%s: segment %lu is not in the IPC namespace of the task, so it cannot be attached again; "
			    "detach it before the dump",
			    mapping_describe(&dump->arena, mapping), (unsigned long)mapping->inode);
	return mapping_survey_flags(dump, task, mapping);
}

static int sysv_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	VmaEntry *record = mapping->record;

	record->status = VMA_REGULAR | VMA_ANON_SHARED | VMA_SYSVIPC;
	record->shmid = mapping->inode;
	record->has_fdflags = true;
	record->fdflags = mapping->vm_flags & PROC_VM_MAY_WRITE ? O_RDWR : O_RDONLY;
	return 0;
}

static bool sysv_reads(const VmaEntry *record)
{
	return record->status == (VMA_REGULAR | VMA_ANON_SHARED | VMA_SYSVIPC);
}

static int sysv_open(struct restore *restore, struct task *task, struct mapping *mapping)
{
	const VmaEntry *record = mapping->record;
	const struct ipc_object *segment = ipc_restored_segment(restore, task, record->shmid);
	bool read_only = record->has_fdflags && (record->fdflags & O_ACCMODE) == O_RDONLY;

	if (!segment)
		return log_fail(-EBADMSG,
				"task %d: mapping %lx: there is no shared memory segment %lu in the images",
				task->pid, (unsigned long)record->start, (unsigned long)record->shmid);
	if (!is_within(record, ipc_segment_size(segment)) || (read_only && record->prot & PROT_WRITE))
		return log_fail(-EBADMSG, "task %d: mapping %lx: not within shared memory segment %lu",
				task->pid, (unsigned long)record->start, (unsigned long)record->shmid);
	mapping->fd = (int)record->shmid;
	mapping->segment = ipc_segment_size(segment);
	mapping->read_only = read_only;
	return 0;
}

const struct mapping_kind sysv_mapping_kind = {
	.name = "sysv",
	.matches = sysv_mapping_is,
	.survey = sysv_survey,
	.dump = sysv_dump,
	.reads = sysv_reads,
	.open = sysv_open,
	.not_lazy = true,
};
