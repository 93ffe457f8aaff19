// SPDX-License-Identifier: GPL-2.0-only
/* Mappings of devices (VM_IO, VM_PFNMAP): their contents are no memory that could be read. They are kept where a plugin
 * takes them, which at restore may give another descriptor or offset to map. Without such a plugin they are refused by
 * the kinds that come after this one. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "criu/kernel/proc/mappings.h"
#include "criu/objects/memory/memory.h"
#include "criu/plugin/plugin.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

static bool device_matches(const struct mapping *mapping)
{
	return (mapping->vm_flags & (PROC_VM_IO | PROC_VM_PFN_MAP)) && mapping->name &&
	       plugins_have(CR_PLUGIN_HOOK__HANDLE_DEVICE_VMA);
}

static int ask_plugins(const struct task *task, const struct mapping *mapping)
{
	_cleanup_close_ int fd = -EBADF;
	char link[MAPPING_LINK_SIZE];
	struct stat st;

	mapping_link(mapping, link);
	/* Opening the device itself would be an act of its own. */
	fd = openat(task->proc_fd, link, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return plugins_handle_device_mapping(fd, &st);
}

static int device_survey(struct dump *dump, const struct task *task, struct mapping *mapping)
{
	int answer = ask_plugins(task, mapping);

	if (answer == -ENOTSUP)
		dump_refuse(dump, task, "%s is memory of a device, which no plugin takes",
			    mapping_describe(&dump->arena, mapping));
	else if (answer < 0)
		return log_errno(answer, "task %d: %s: its plugin fails", task->pid,
				 mapping_describe(&dump->arena, mapping));
	return 0;
}

static uint32_t open_flags(const struct mapping *mapping)
{
	if (!(mapping->record->flags & MAP_SHARED))
		return O_RDONLY;
	return mapping->vm_flags & PROC_VM_MAY_WRITE ? O_RDWR : O_RDONLY;
}

/* Objects without a path have no record of a file: a plugin that takes them has to give a descriptor. */
static int device_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	VmaEntry *record = mapping->record;
	char link[MAPPING_LINK_SIZE];
	uint32_t id;
	int error;

	record->status = VMA_REGULAR | VMA_BY_PLUGIN;
	record->has_fdflags = true;
	record->fdflags = open_flags(mapping);
	record->device = (char *)mapping->name;
	if (mapping->name[0] != '/')
		return 0;
	mapping_link(mapping, link);
	error = dump_path_file(dump, task, link, record->fdflags, &id);
	if (error < 0)
		return error;
	record->status |= record->flags & MAP_SHARED ? VMA_FILE_SHARED : VMA_FILE_PRIVATE;
	record->shmid = id;
	return 0;
}

static bool device_reads(const VmaEntry *record)
{
	return record->status & VMA_BY_PLUGIN;
}

static const char *path_of(struct restore *restore, const struct mapping *mapping)
{
	bool has_file = mapping->record->status & (VMA_FILE_SHARED | VMA_FILE_PRIVATE);
	const struct file *file = has_file ? restore_find_file(restore, (uint32_t)mapping->record->shmid) : NULL;

	if (file && file->record->reg)
		return file->record->reg->name;
	return mapping->record->device ? mapping->record->device : "";
}

static int device_load(struct restore *restore, struct task *task, struct mapping *mapping)
{
	if (!plugins_have(CR_PLUGIN_HOOK__UPDATE_VMA_MAP))
		restore_refuse(restore, task,
			       "mapping %lx ('%s') was kept by a plugin, and none is loaded that restores mappings; "
			       "name their directory with --libdir",
			       (unsigned long)mapping->record->start, path_of(restore, mapping));
	return 0;
}

static int open_path(const struct task *task, const struct mapping *mapping, const char *path, int *ret_fd)
{
	int flags = (mapping->record->fdflags & O_ACCMODE) == O_RDWR ? O_RDWR : O_RDONLY;
	int fd = path[0] == '/' ? open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;

	if (fd < 0)
		return log_errno(path[0] == '/' ? errno : ENXIO,
				 "task %d: mapping %lx: '%s' cannot be opened, and no "
				 "plugin gave a descriptor",
				 task->pid, (unsigned long)mapping->record->start, path);
	*ret_fd = fd;
	return 0;
}

static int device_open(struct restore *restore, struct task *task, struct mapping *mapping)
{
	VmaEntry *record = mapping->record;
	const char *path = path_of(restore, mapping);
	uint64_t offset = record->pgoff;
	int fd = -1, error = 0;
	int answer = plugins_update_mapping(path, record->start, record->pgoff, &offset, &fd);

	if (answer < 0 && answer != -ENOTSUP)
		return log_errno(answer, "task %d: mapping %lx ('%s'): its plugin fails", task->pid,
				 (unsigned long)record->start, path);
	if (answer == 1 && offset % PAGE_SIZE)
		return log_fail(-EINVAL,
				"task %d: mapping %lx ('%s'): its plugin gave offset %#lx, which is not of "
				"whole pages",
				task->pid, (unsigned long)record->start, path, (unsigned long)offset);
	if (answer == 1)
		record->pgoff = offset;
	if (answer != 1 || fd < 0)
		error = open_path(task, mapping, path, &fd);
	if (error < 0)
		return error;
	fd = restore_service_fd(restore, fd);
	if (fd < 0)
		return log_errno(fd, "task %d: mapping %lx: descriptor", task->pid, (unsigned long)record->start);
	mapping->fd = fd;
	return 0;
}

const struct mapping_kind device_mapping_kind = {
	.name = "device-mapping",
	.matches = device_matches,
	.survey = device_survey,
	.dump = device_dump,
	.reads = device_reads,
	.load = device_load,
	.open = device_open,
};
