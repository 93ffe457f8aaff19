// SPDX-License-Identifier: GPL-2.0-only
/* Dump of files that lost the name they were opened by, but not their last one. */
#include "criu/objects/link-remap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "criu/kernel/proc/link.h"
#include "criu/model/dump.h"
#include "criu/objects/file-name.h"
#include "criu/objects/ghost-internal.h"
#include "criu/objects/ghost.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define LINKS_MAX 16384
#define ATTEMPTS 100
#define BLOCK_SIZE 512

static const char links_key, journal_key;

/* One of the inodes with a number. */
struct link_remap {
	LIST_ENTRY(link_remap) link;
	dev_t device;
	uint32_t file_id; /* 0: it has no name any more, after all */
};

LIST_HEAD(link_remaps, link_remap);

const char *link_remap_name(struct dump *dump, const struct named_file *file)
{
	char *name = arena_strdup(&dump->arena, file->name);
	struct stat st;

	if (!file->stat.st_nlink || S_ISDIR(file->stat.st_mode) || name[0] != '/' || !proc_cut_deleted(name))
		return NULL;
	ghost_cut_own_suffix(name);
	return lstat(file->name, &st) < 0 && (errno == ENOENT || errno == ENOTDIR) ? name : NULL;
}

static bool is_on_mount(const char *directory, const struct named_file *file)
{
	struct statx found;

	if (statx(AT_FDCWD, directory, AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_MNT_ID, &found) < 0)
		return false;
	return file->mnt_id < 0 || !(found.stx_mask & STATX_MNT_ID) || found.stx_mnt_id == (uint64_t)file->mnt_id;
}

/* Where @name was, or what is left of the way there; "" for the root. NULL: another mount is there now. */
static const char *find_directory(struct dump *dump, const char *name, const struct named_file *file)
{
	char *path = arena_strdup(&dump->arena, name), *slash;
	struct stat st;

	while ((slash = strrchr(path, '/'))) {
		const char *directory = slash == path ? "/" : path;

		*slash = '\0';
		if (stat(directory, &st) == 0 || slash == path)
			return is_on_mount(directory, file) ? path : NULL;
	}
	return NULL;
}

const char *link_remap_problem(struct dump *dump, const struct named_file *file)
{
	if (!dump->options->link_remap)
		return "this name of the file was deleted while it has another one; --link-remap keeps it, by a name "
		       "in its directory until the restore (or give the name back: ln -L /proc/PID/fd/N NAME)";
	if (!find_directory(dump, link_remap_name(dump, file), file))
		return "this name of the file was deleted, and where it was another mount is now";
	return NULL;
}

/* --- a name --- */

static int open_journal(struct dump *dump, struct ghost_journal **ret_journal)
{
	struct ghost_journal **journal;
	bool is_new;
	int ret = 0;

	journal = kind_state_get(&dump->kind_state, &dump->arena, &journal_key, 0,
				 sizeof(struct ghost_journal *), &is_new);
	if (is_new)
		ret = ghost_journal_open(LINKS_MAX, journal);
	if (!*journal)
		return ret < 0 ? ret : -ECHILD;
	*ret_journal = *journal;
	return 0;
}

/* A number that nobody has, so that a name is never that of somebody else. */
static int make_up_path(struct dump *dump, const char *directory, const char **ret_path)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		const char *path;
		uint32_t number;
		struct stat st;

		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return -errno;
		path = arena_printf(&dump->arena, "%s/" LINK_REMAP_PREFIX "%u", directory, number >> 1);
		if (lstat(path, &st) == 0)
			continue;
		*ret_path = path;
		return errno == ENOENT ? 0 : -errno;
	}
	return -EEXIST;
}

static int make_link(struct dump *dump, const struct named_file *file, const char *path)
{
	struct ghost_journal *journal = NULL;
	int ret = path ? open_journal(dump, &journal) : -ENOMEM;
	char source[64];
	ssize_t entry;

	entry = ret < 0 ? ret : ghost_journal_add(journal, path, false, NULL);
	if (entry < 0)
		return (int)entry;
	snprintf(source, sizeof(source), "/proc/self/fd/%d/%s", file->proc_fd, file->proc_link);
	if (linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	ret = -errno;
	ghost_journal_forget(journal, entry);
	return ret;
}

static int write_link(struct dump *dump, const struct named_file *file, const char *path, uint32_t *ret_id)
{
	RegFileEntry reg = REG_FILE_ENTRY__INIT;
	FileEntry record = FILE_ENTRY__INIT;

	record.id = reg.id = dump_new_file_id(dump);
	record.type = FD_TYPES__REG;
	record.reg = &reg;
	reg.name = (char *)path;
	/* By its other name it may grow. */
	file_name_describe(dump, file, O_WRONLY | O_APPEND, &reg);
	*ret_id = record.id;
	return dump_write_file(dump, &record);
}

/* An overlay says that a deleted file of a lower layer has a name, but gives it no other one. */
static int dump_as_ghost(struct dump *dump, const struct named_file *file, const RegFileEntry *record)
{
	uint64_t allocated = (uint64_t)file->stat.st_blocks * BLOCK_SIZE;

	if (S_ISREG(file->stat.st_mode) && allocated > dump->options->ghost_limit)
		return log_fail(-EFBIG,
				"file '%s' was deleted, and its %lu bytes are more than the limit (--ghost-limit %lu "
				"would keep it)",
				record->name, (unsigned long)allocated, (unsigned long)allocated);
	return ghost_dump(dump, file, record);
}

static int name_inode(struct dump *dump, const struct named_file *file, const char *name, uint32_t *ret_id)
{
	const char *directory = find_directory(dump, name, file), *path = NULL;
	int ret = directory ? make_up_path(dump, directory, &path) : -EXDEV;

	if (ret == 0)
		ret = make_link(dump, file, path);
	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return log_errno(ret, "file '%s': cannot be given a name for the restore (--link-remap)", name);
	if (dump->options->leave_running)
		log_warn("file '%s' has another name that is not known: it can be restored after a dump without "
			 "--leave-running only",
			 name);
	return write_link(dump, file, path, ret_id);
}

int link_remap_dump(struct dump *dump, const struct named_file *file, const RegFileEntry *record)
{
	struct link_remaps *links = kind_state_get(&dump->kind_state, &dump->arena, &links_key,
						   file->stat.st_ino, sizeof(*links), NULL);
	struct link_remap *known;
	int ret = 0;

	LIST_FOREACH(known, links, link)
		if (known->device == file->stat.st_dev)
			break;
	if (!known) {
		known = arena_new(&dump->arena, struct link_remap);
		known->device = file->stat.st_dev;
		LIST_INSERT_HEAD(links, known, link);
		ret = name_inode(dump, file, record->name, &known->file_id);
	}
	if (ret < 0)
		return ret;
	return known->file_id ? remap_write(dump, record->id, REMAP_TYPE__LINKED, known->file_id)
			      : dump_as_ghost(dump, file, record);
}

void link_remap_end(struct dump *dump, bool keep)
{
	struct ghost_journal **journal = kind_state_find(&dump->kind_state, &journal_key, 0);

	if (!journal || !*journal)
		return;
	if (keep)
		ghost_journal_forget_all(*journal);
	ghost_journal_close(steal_pointer(journal));
}
