// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of namespaces, as /proc/PID/ns/NAME gives them: of those in which criu is. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inventory.pb-c.h"

#include "criu/model/namespace.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* NAMESPACE_TYPES: none. */
static enum namespace_type type_of_link(const char *link)
{
	enum namespace_type type = 0;

	for (; type < NAMESPACE_TYPES; type++) {
		const char *name = namespace_type_name(type);
		size_t length = strlen(name);

		if (strncmp(link, name, length) == 0 && strncmp(link + length, ":[", 2) == 0)
			break;
	}
	return type;
}

static enum namespace_type type_of_flag(uint32_t flag)
{
	enum namespace_type type = 0;

	while (type < NAMESPACE_TYPES && (uint32_t)namespace_clone_flag(type) != flag)
		type++;
	return type;
}

static void format_path(enum namespace_type type, char path[32])
{
	snprintf(path, 32, "/proc/self/ns/%s", namespace_type_name(type));
}

/* That of criu, in which the tree need not be. */
static uint32_t own_id(const struct dump *dump, enum namespace_type type)
{
	const struct namespace *namespace;

	TAILQ_FOREACH(namespace, &dump->namespaces, link)
		if (namespace->type == type && !namespace->own)
			return namespace->id;
	return 0;
}

static bool namespace_descriptor_matches(const struct fd_info *fd)
{
	return !(fd->flags & O_PATH) && type_of_link(fd->link) < NAMESPACE_TYPES;
}

static int namespace_descriptor_survey(struct dump *dump, const struct fd_info *fd)
{
	char path[32];
	struct stat own;

	format_path(type_of_link(fd->link), path);
	if (stat(path, &own) < 0)
		return log_errno(errno, "'%s' cannot be looked at", path);
	if (own.st_dev != fd->stat.st_dev || own.st_ino != fd->stat.st_ino)
		dump_refuse(dump, fd->task,
			    "%s: descriptors of namespaces cannot be kept by this build unless criu is in the namespace "
			    "itself; close it before the dump",
			    fd_describe(dump, fd));
	return fd_owner_survey(dump, fd);
}

static int namespace_descriptor_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	enum namespace_type type = type_of_link(fd->link);
	NsFileEntry *entry = arena_new(&dump->arena, NsFileEntry);

	ns_file_entry__init(entry);
	entry->id = record->id;
	entry->ns_id = own_id(dump, type);
	entry->ns_cflag = (uint32_t)namespace_clone_flag(type);
	entry->flags = fd->flags;
	entry->fown = fd_owner_dump(dump, fd);
	record->nsf = entry;
	return 0;
}

static int namespace_descriptor_load(struct restore *restore, struct file *file)
{
	const NsFileEntry *record = file->record->nsf;
	const TaskKobjIdsEntry *root = restore->inventory->root_ids;
	enum namespace_type type = record ? type_of_flag(record->ns_cflag) : NAMESPACE_TYPES;

	if (type == NAMESPACE_TYPES || record->flags & O_ACCMODE)
		return log_fail(-EBADMSG, "files.img: file %u is no proper descriptor of a namespace", file->id);
	if (!root || namespace_get_id(root, type) != record->ns_id)
		restore_refuse(restore, NULL,
			       "file %u: descriptors of %s namespaces cannot be restored by this build unless criu is in "
			       "the namespace itself",
			       file->id, namespace_type_name(type));
	return 0;
}

static int namespace_descriptor_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const NsFileEntry *record = file->record->nsf;
	_cleanup_close_ int fd = -EBADF;
	char path[32];

	format_path(type_of_flag(record->ns_cflag), path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fcntl(fd, F_SETFL, record->flags & (O_NONBLOCK | O_APPEND | O_NOATIME)) < 0)
		return log_errno(errno, "'%s' cannot be opened", path);
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int namespace_descriptor_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	const NsFileEntry *record = file->record->nsf;

	return record->fown ? fd_owner_restore(task, fd, record->fown, record->flags) : 0;
}

const struct fd_kind namespace_descriptor_kind = {
	.name = "namespace-descriptor",
	.type = FD_TYPES__NS,
	.matches = namespace_descriptor_matches,
	.survey = namespace_descriptor_survey,
	.dump = namespace_descriptor_dump,
	.load = namespace_descriptor_load,
	.open = namespace_descriptor_open,
	.attach = namespace_descriptor_attach,
};
