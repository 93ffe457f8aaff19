// SPDX-License-Identifier: GPL-2.0-only
/* Files that are opened again by name: whether the name still leads to them, and what their record says. */
#include "criu/objects/file-name.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "criu/model/dump.h"
#include "criu/objects/kinds.h"
#include "criu/objects/device-name.h"
#include "criu/objects/ended-process.h"
#include "criu/objects/fd/lease.h"
#include "criu/objects/foreign-mount.h"
#include "criu/objects/ghost.h"
#include "criu/objects/link-remap.h"
#include "criu/objects/process-file.h"
#include "criu/options/options.h"
#include "criu/util/build-id.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#ifndef MQUEUE_MAGIC
#define MQUEUE_MAGIC 0x19800202
#endif

static const char filesystem_key, build_id_key;

/* --- can it be opened again? --- */

static bool has_number_component(const char *path)
{
	while ((path = strchr(path, '/'))) {
		size_t digits = strspn(++path, "0123456789");

		if (digits && (path[digits] == '/' || path[digits] == '\0'))
			return true;
	}
	return false;
}

/* Files below /proc/PID are made for a process; all others are there again. */
static bool belongs_to_process(const char *name)
{
	if (strncmp(name, "/proc/", 6) == 0)
		return strspn(name + 6, "0123456789") == strcspn(name + 6, "/");
	return has_number_component(name);
}

/* Type of the file system with the number @dev on which the file is; 0 when it cannot be told. */
static uint64_t file_system_type(struct dump *dump, const struct named_file *file)
{
	struct statfs statfs_of_name;
	uint64_t *type;
	bool is_new;

	type = kind_state_get(&dump->kind_state, &dump->arena, &filesystem_key, file->stat.st_dev,
			      sizeof(*type), &is_new);
	if (is_new && statfs(file->name, &statfs_of_name) == 0)
		*type = (uint64_t)statfs_of_name.f_type;
	return *type;
}

static const char *lookup_problem(struct dump *dump, const struct named_file *file)
{
	struct statx found;

	if (statx(AT_FDCWD, file->name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		  STATX_BASIC_STATS | STATX_MNT_ID, &found) < 0) {
		return errno == ENOENT || errno == ENOTDIR
			       ? "no file is found under this name; it may have been moved or hidden by a mount"
			       : "the name cannot be looked up";
	}
	if (found.stx_ino != file->stat.st_ino ||
	    makedev(found.stx_dev_major, found.stx_dev_minor) != file->stat.st_dev)
		return "this name is now another file";
	if (file->mnt_id >= 0 && (found.stx_mask & STATX_MNT_ID) &&
	    found.stx_mnt_id != (uint64_t)file->mnt_id && !foreign_mount_is_no_matter(dump, file))
		return "it was opened on a mount that does not show it under this name any more (covered, unmounted, "
		       "or of another mount namespace)";
	return NULL;
}

/* --evasive-devices: any other name of the same device. */
static const char *other_name(struct dump *dump, const struct named_file *file)
{
	mode_t type = file->stat.st_mode & S_IFMT;

	if (!dump->options->evasive_devices || (type != S_IFCHR && type != S_IFBLK) || !lookup_problem(dump, file))
		return NULL;
	return device_find_name(dump, type, file->stat.st_rdev);
}

const char *file_name_problem(struct dump *dump, const struct named_file *file)
{
	const char *problem;

	if (other_name(dump, file) || ended_process_name(dump, file))
		return NULL;
	if (file->name[0] != '/')
		return "it has no name in a file system";
	if (ghost_name(dump, file))
		return ghost_problem(dump, file);
	if (link_remap_name(dump, file))
		return link_remap_problem(dump, file);
	problem = lookup_problem(dump, file);
	if (problem)
		return problem;
	switch (file_system_type(dump, file)) {
	case PROC_SUPER_MAGIC:
		return belongs_to_process(file->name) ? process_file_problem(dump, file) : NULL;
	case MQUEUE_MAGIC:
		return "message queues cannot be kept by this build";
	default:
		return NULL;
	}
}

/* --- its record --- */

struct known_build_id {
	int length;
	uint8_t bytes[ROUND_UP(BUILD_ID_MAX, 4)]; /* zero padded */
};

static void read_build_id(const struct named_file *file, struct known_build_id *id)
{
	_cleanup_close_ int fd = openat(file->proc_fd, file->proc_link,
					O_RDONLY | O_NOATIME | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == EPERM)
		fd = openat(file->proc_fd, file->proc_link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		id->length = build_id_read(fd, id->bytes);
	if (fd < 0 || id->length < 0)
		log_debug("file '%s': cannot be read for its build id", file->name);
}

static void fill_build_id(struct dump *dump, const struct named_file *file, RegFileEntry *record)
{
	uint64_t inode_id = file->stat.st_ino ^ (uint64_t)file->stat.st_dev << 40;
	struct known_build_id *id;
	bool is_new;

	id = kind_state_get(&dump->kind_state, &dump->arena, &build_id_key, inode_id, sizeof(*id), &is_new);
	if (is_new && !lease_forbids_opening(dump, &file->stat))
		read_build_id(file, id);
	if (id->length <= 0)
		return;
	record->n_build_id = ROUND_UP((size_t)id->length, 4) / 4;
	record->build_id = arena_array(&dump->arena, uint32_t, record->n_build_id);
	for (size_t i = 0; i < record->n_build_id * 4; i++)
		record->build_id[i / 4] |= (uint32_t)id->bytes[i] << i % 4 * 8;
}

/* A file that is only appended to may grow while it is not looked at: a log. */
static bool has_fixed_contents(const struct named_file *file, uint32_t flags)
{
	return S_ISREG(file->stat.st_mode) && (flags & (O_ACCMODE | O_APPEND)) != (O_WRONLY | O_APPEND);
}

void file_name_describe(struct dump *dump, const struct named_file *file, uint32_t flags, RegFileEntry *record)
{
	record->has_mode = true;
	record->mode = file->stat.st_mode;
	record->fown = arena_new(&dump->arena, FownEntry);
	fown_entry__init(record->fown);
	if (S_ISCHR(file->stat.st_mode) || S_ISBLK(file->stat.st_mode)) {
		record->has_rdev = true;
		record->rdev = file->stat.st_rdev;
	}
	if (!has_fixed_contents(file, flags))
		return;
	record->has_size = true;
	record->size = (uint64_t)file->stat.st_size;
	if (dump->options->file_validation == FILE_VALIDATION_BUILD_ID)
		fill_build_id(dump, file, record);
}

int file_name_fill(struct dump *dump, const struct named_file *file, uint32_t flags, RegFileEntry *record)
{
	const char *other = other_name(dump, file), *ended = ended_process_name(dump, file);
	const char *lost_name = other || ended ? NULL : ghost_name(dump, file);
	const char *linked = other || ended || lost_name ? NULL : link_remap_name(dump, file);
	struct stat st;

	record->name = arena_strdup(&dump->arena, other	      ? other
						  : ended     ? ended
						  : lost_name ? lost_name
						  : linked    ? linked
							      : file->name);
	file_name_describe(dump, file, flags, record);
	/* The device is the same, who may open it by that name is another matter. */
	if (other && stat(other, &st) == 0)
		record->mode = st.st_mode;
	if (ended)
		return ended_process_dump(dump, record);
	if (linked)
		return link_remap_dump(dump, file, record);
	return lost_name ? ghost_dump(dump, file, record) : 0;
}
