// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of namespaces, as /proc/PID/ns/NAME gives them: of those in which criu is, or the tree. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inventory.pb-c.h"

#include "criu/model/namespace.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/namespace/namespaces.h"
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

/* NULL: neither of criu nor one that the tree has and a kind keeps. */
static const struct namespace *find_dumped(const struct dump *dump, const struct fd_info *fd)
{
	enum namespace_type type = type_of_link(fd->link);
	const struct namespace *namespace;

	TAILQ_FOREACH(namespace, &dump->namespaces, link)
		if (namespace->type == type && namespace->inode == fd->stat.st_ino &&
		    (!namespace->own || namespace_kind_of(type)))
			return namespace;
	return NULL;
}

static bool namespace_descriptor_matches(const struct fd_info *fd)
{
	return !(fd->flags & O_PATH) && type_of_link(fd->link) < NAMESPACE_TYPES;
}

static int namespace_descriptor_survey(struct dump *dump, const struct fd_info *fd)
{
	if (!find_dumped(dump, fd))
		dump_refuse(dump, fd->task,
			    "%s: descriptors of namespaces cannot be kept by this build unless criu or a task of the tree is "
			    "in the namespace itself; close it before the dump",
			    fd_describe(dump, fd));
	return fd_owner_survey(dump, fd);
}

static int namespace_descriptor_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	const struct namespace *namespace = find_dumped(dump, fd);
	NsFileEntry *entry = arena_new(&dump->arena, NsFileEntry);

	if (!namespace)
		return log_fail(-ENOENT, "%s: nobody is in that namespace any more", fd_describe(dump, fd));
	ns_file_entry__init(entry);
	entry->id = record->id;
	entry->ns_id = namespace->id;
	entry->ns_cflag = (uint32_t)namespace_clone_flag(namespace->type);
	entry->flags = fd->flags;
	entry->fown = fd_owner_dump(dump, fd);
	record->nsf = entry;
	return 0;
}

static int namespace_descriptor_load(struct restore *restore, struct file *file)
{
	const NsFileEntry *record = file->record->nsf;
	enum namespace_type type = record ? type_of_flag(record->ns_cflag) : NAMESPACE_TYPES;

	(void)restore;
	if (type == NAMESPACE_TYPES || record->flags & O_ACCMODE)
		return log_fail(-EBADMSG, "files.img: file %u is no proper descriptor of a namespace", file->id);
	return 0;
}

/* The tree's own have been made by now. */
static int open_namespace(const struct restore *restore, const NsFileEntry *record)
{
	const TaskKobjIdsEntry *dumper = restore->inventory->root_ids;
	enum namespace_type type = type_of_flag(record->ns_cflag);
	const struct namespace *namespace = namespace_find(&restore->namespaces, type, record->ns_id);
	char path[32];
	int fd;

	if (namespace && namespace->own && namespace->fd >= 0)
		snprintf(path, sizeof(path), "/proc/self/fd/%d", namespace->fd);
	else if (dumper && namespace_get_id(dumper, type) == record->ns_id)
		snprintf(path, sizeof(path), "/proc/self/ns/%s", namespace_type_name(type));
	else
		return log_fail(-ENOTSUP,
				"file %u: descriptors of %s namespaces cannot be restored by this build unless criu or a task of "
				"the tree is in the namespace itself",
				record->id, namespace_type_name(type));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? log_errno(errno, "'%s' cannot be opened", path) : fd;
}

static int namespace_descriptor_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const NsFileEntry *record = file->record->nsf;
	_cleanup_close_ int fd = open_namespace(restore, record);

	if (fd < 0)
		return fd;
	if (fcntl(fd, F_SETFL, record->flags & (O_NONBLOCK | O_APPEND | O_NOATIME)) < 0)
		return log_errno(errno, "file %u: descriptor of a namespace cannot be set up", file->id);
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
