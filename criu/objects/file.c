// SPDX-License-Identifier: GPL-2.0-only
/* Files as all families use them: the records of files.img, their ids, and the numbers in the service range. */
#include "criu/objects/kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "criu/image/file.h"
#include "criu/kernel/proc/link.h"
#include "criu/objects/file-name.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/tree.h"

/* --- records --- */

int dump_write_file(struct dump *dump, const FileEntry *record)
{
	int ret;

	if (!dump->files) {
		ret = image_create(dump->images, IMAGE_FILES, 0, &dump->files);
		if (ret < 0)
			return log_errno(ret, "cannot create files.img");
	}
	ret = image_write_record(dump->files, &record->base);
	if (ret < 0)
		return log_errno(ret, "cannot write to '%s'", image_name(dump->files));
	return 0;
}

uint32_t dump_new_file_id(struct dump *dump)
{
	return ++dump->last_file_id;
}

/* --- files by path: cwd, root, exe, mapped --- */

struct path_file {
	RB_ENTRY(path_file) link;
	struct named_file file;
	uint32_t flags;
	bool refused;
	uint32_t id; /* 0: no record yet */
};

RB_HEAD(path_files, path_file);

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_path_files(const struct path_file *a, const struct path_file *b)
{
	int order = compare_numbers(a->file.stat.st_ino, b->file.stat.st_ino);

	if (!order)
		order = compare_numbers(a->file.stat.st_dev, b->file.stat.st_dev);
	if (!order)
		order = compare_numbers(a->flags, b->flags);
	return order ? order : strcmp(a->file.name, b->file.name);
}

RB_GENERATE_LOCAL(path_files, path_file, link, compare_path_files)

static int look_at_mount(struct named_file *file)
{
	struct statx found;

	if (fstatat(file->proc_fd, file->proc_link, &file->stat, 0) < 0)
		return -errno;
	file->mnt_id = -1;
	if (statx(file->proc_fd, file->proc_link, 0, STATX_MNT_ID, &found) == 0 && (found.stx_mask & STATX_MNT_ID))
		file->mnt_id = (int)found.stx_mnt_id;
	return 0;
}

static struct path_file *remember_path_file(struct dump *dump, struct path_file *key)
{
	struct path_files *files = dump->file_ids;
	struct path_file *found;

	if (!files)
		files = dump->file_ids = arena_new(&dump->arena, struct path_files);
	found = RB_FIND(path_files, files, key);
	if (found)
		return found;
	found = arena_copy(&dump->arena, key, sizeof(*key));
	found->file.name = arena_strdup(&dump->arena, key->file.name);
	RB_INSERT(path_files, files, found);
	return found;
}

static const char *cure_of(const char *proc_link)
{
	if (strcmp(proc_link, "cwd") == 0)
		return "change to another directory";
	return strncmp(proc_link, "map_files/", 10) == 0 ? "unmap it, or put the file back,"
							 : "put the file back under this name";
}

/* Finds or makes the entry of a path, and checks a new one. */
static int find_path_file(struct dump *dump, const struct task *task, const char *proc_link, uint32_t flags,
			  struct path_file **ret_file)
{
	struct path_file key = { .file = { .proc_fd = task->proc_fd, .proc_link = proc_link }, .flags = flags };
	_cleanup_free_ char *name = NULL;
	struct path_file *found;
	const char *problem;
	int ret = proc_read_link(task->proc_fd, proc_link, &name);

	if (ret < 0)
		return log_errno(ret, "task %d: cannot read link '%s'", task->pid, proc_link);
	key.file.name = name;
	ret = look_at_mount(&key.file);
	if (ret < 0)
		return log_errno(ret, "task %d: cannot look at '%s' ('%s')", task->pid, proc_link, name);
	found = remember_path_file(dump, &key);
	found->file.proc_fd = task->proc_fd;
	found->file.proc_link = proc_link;
	problem = found->id || found->refused ? NULL : file_name_problem(dump, &found->file);
	if (problem)
		dump_refuse(dump, task, "%s ('%s'): %s; %s before the dump", proc_link, name, problem,
			    cure_of(proc_link));
	found->refused |= problem != NULL;
	*ret_file = found;
	return 0;
}

int dump_survey_path(struct dump *dump, const struct task *task, const char *proc_link, uint32_t flags)
{
	struct path_file *file;

	return find_path_file(dump, task, proc_link, flags, &file);
}

static int write_path_file(struct dump *dump, struct path_file *path)
{
	RegFileEntry reg = REG_FILE_ENTRY__INIT;
	FileEntry record = FILE_ENTRY__INIT;
	int ret;

	record.id = reg.id = dump_new_file_id(dump);
	record.type = FD_TYPES__REG;
	record.reg = &reg;
	reg.flags = path->flags;
	ret = file_name_fill(dump, &path->file, path->flags, &reg);
	if (ret < 0)
		return ret;
	path->id = record.id;
	return dump_write_file(dump, &record);
}

int dump_path_file(struct dump *dump, const struct task *task, const char *proc_link, uint32_t flags,
		   uint32_t *ret_id)
{
	struct path_file *file = NULL;
	int ret = find_path_file(dump, task, proc_link, flags, &file);

	if (ret < 0 || !file)
		return ret;
	if (file->refused)
		return -EOPNOTSUPP;
	ret = file->id ? 0 : write_path_file(dump, file);
	if (ret == 0)
		*ret_id = file->id;
	return ret;
}

/* --- restore --- */

static int compare_id(const void *key, const void *element)
{
	return compare_numbers(*(const uint32_t *)key, ((const struct file *)element)->id);
}

struct file *restore_find_file(const struct restore *restore, uint32_t id)
{
	return restore->nr_files
		       ? bsearch(&id, restore->files, restore->nr_files, sizeof(*restore->files), compare_id)
		       : NULL;
}

int restore_service_fd(struct restore *restore, int fd)
{
	int service = fcntl(fd, F_DUPFD_CLOEXEC, restore->service_fd_base);
	int error = errno;

	close(fd);
	if (service < 0)
		return -error;
	if (service >= restore->service_fd_next)
		restore->service_fd_next = service + 1;
	return service;
}
