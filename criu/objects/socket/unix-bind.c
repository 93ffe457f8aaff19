// SPDX-License-Identifier: GPL-2.0-only
/* Names of unix sockets, at the restore. A name whose file is gone is bound in a directory tree that nobody sees. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/objects/ghost-internal.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/unix-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#ifndef SIOCUNIXFILE
#define SIOCUNIXFILE 0x89E0
#endif

struct call {
	int fd;
	struct sockaddr_un address;
	socklen_t size;
};

static struct call call_for(int fd, const void *name, size_t size)
{
	struct call call = { .fd = fd, .address = { .sun_family = AF_UNIX } };

	size = MIN(size, UNIX_NAME_MAX);
	memcpy(call.address.sun_path, name, size);
	call.size = (socklen_t)(sizeof(sa_family_t) + size);
	return call;
}

static int do_bind(void *argument)
{
	const struct call *call = argument;

	return bind(call->fd, (const struct sockaddr *)&call->address, call->size) < 0 ? -errno : 0;
}

static int do_connect(void *argument)
{
	const struct call *call = argument;

	return connect(call->fd, (const struct sockaddr *)&call->address, call->size) < 0 ? -errno : 0;
}

/* --- a directory tree of its own --- */

static int make_directories(int root, const char *name)
{
	char path[UNIX_NAME_MAX + 1];

	snprintf(path, sizeof(path), "%s", name + strspn(name, "/"));
	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (*path && mkdirat(root, path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

/* From Linux 5.2 on. */
int unix_new_private_root(const char *name)
{
	_cleanup_close_ int system = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	_cleanup_close_ int root = -EBADF;
	int ret;

	if (system < 0 || syscall(SYS_fsconfig, system, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	root = (int)syscall(SYS_fsmount, system, FSMOUNT_CLOEXEC, 0);
	if (root < 0)
		return -errno;
	ret = make_directories(root, name);
	return ret < 0 ? ret : steal_fd(&root);
}

static int bind_privately(const UnixSkEntry *record, int fd)
{
	struct call call = call_for(fd, record->name.data, record->name.len);
	struct unix_stage stage = { .root = -EBADF };
	char name[UNIX_STORED_MAX + 1] = "";
	_cleanup_close_ int root = -EBADF;

	memcpy(name, record->name.data, record->name.len);
	root = unix_new_private_root(name);
	if (root < 0)
		return root;
	stage.root = root;
	return unix_act(&stage, do_bind, &call, sizeof(call));
}

/* --- where others see it --- */

/* A connection for datagrams tells, and does nobody any harm: ECONNREFUSED if no socket has this file. */
static int is_in_use(const char *path)
{
	_cleanup_close_ int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	_cleanup_close_ int file = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char name[32];
	struct call call;
	int ret;

	if (probe < 0 || file < 0)
		return -errno;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
	call = call_for(probe, name, strlen(name) + 1);
	ret = do_connect(&call);
	return ret == -ECONNREFUSED ? 0 : 1;
}

/* A file that its socket has left, as the dumped tree did: it goes if the restore succeeds. Anything else stays, and there
 * is no restore. */
static int clear_place(struct restore *restore, const char *path)
{
	struct stat found;
	int ret;

	if (lstat(path, &found) < 0)
		return errno == ENOENT
			       ? 0
			       : log_errno(errno, "unix socket '%s': its directory cannot be looked at", path);
	if (!S_ISSOCK(found.st_mode))
		return log_fail(-EEXIST, "unix socket '%s': another file has its name; move that away", path);
	ret = is_in_use(path);
	if (ret)
		return ret < 0 ? log_errno(ret, "unix socket '%s': cannot be looked at", path)
			       : log_fail(-EADDRINUSE,
					  "unix socket '%s': another socket that is in use has its name; end who has it",
					  path);
	ret = ghost_journal_set_aside(unix_restore_state(restore)->journal, path);
	return ret < 0 ? log_errno(ret, "unix socket '%s': what is left of it cannot be set aside", path) : 0;
}

static int note_name(struct restore *restore, const char *path)
{
	ssize_t entry = ghost_journal_add(unix_restore_state(restore)->journal, path, false, NULL);

	return entry < 0 ? log_errno((int)entry, "unix socket '%s': cannot be noted", path) : 0;
}

static int set_file(const UnixSkEntry *record, const char *path)
{
	const FilePermsEntry *perms = record->file_perms;

	if (!perms)
		return 0;
	if (lchown(path, perms->uid, perms->gid) < 0 || fchmodat(AT_FDCWD, path, perms->mode & 07777, 0) < 0)
		return log_errno(errno, "unix socket '%s': cannot be given owner and mode", path);
	return 0;
}

static int rename_file(struct restore *restore, const UnixSkEntry *record, const char *path)
{
	int ret = clear_place(restore, record->bound_path);

	if (ret == 0)
		ret = note_name(restore, record->bound_path);
	if (ret == 0 && rename(path, record->bound_path) < 0)
		ret = log_errno(errno, "unix socket '%s': cannot be renamed to '%s'", path, record->bound_path);
	return ret;
}

static int bind_visibly(struct restore *restore, const UnixSkEntry *record, int fd)
{
	const char *name = (const char *)record->name.data;
	struct call call = call_for(fd, name, record->name.len);
	struct unix_stage stage = { .root = -EBADF };
	_cleanup_close_ int root = -EBADF;
	char path[PATH_MAX];
	int ret;

	snprintf(path, sizeof(path), "%s%s%s",
		 name[0] == '/' ? (record->root ? record->root : "") : record->name_dir,
		 name[0] == '/' ? "" : "/", name);
	ret = clear_place(restore, path);
	if (ret == 0)
		ret = note_name(restore, path);
	if (ret < 0)
		return ret;
	root = record->root ? open(record->root, O_PATH | O_DIRECTORY | O_CLOEXEC) : -EBADF;
	if (record->root && root < 0)
		return log_errno(errno, "unix socket '%s': root directory '%s'", name, record->root);
	stage.root = root;
	stage.cwd = name[0] == '/' ? NULL : record->name_dir;
	ret = unix_act(&stage, do_bind, &call, sizeof(call));
	if (ret < 0)
		return log_errno(ret, "unix socket '%s': cannot be bound", path);
	ret = set_file(record, path);
	return ret == 0 && record->bound_path ? rename_file(restore, record, path) : ret;
}

int unix_bind(struct restore *restore, struct unix_socket *socket, bool visibly)
{
	const UnixSkEntry *record = socket->record;
	struct call call;
	int ret;

	if (!record->name.len || socket->bound)
		return 0;
	socket->bound = true;
	if (!record->name.data[0]) {
		call = call_for(socket->fd, record->name.data, record->name.len);
		ret = do_bind(&call);
		return ret < 0 ? log_errno(ret, "file %u: unix socket '@%.*s': cannot be bound", record->id,
					   (int)record->name.len - 1, (const char *)record->name.data + 1)
			       : 0;
	}
	if (visibly && !record->deleted)
		return bind_visibly(restore, record, socket->fd);
	ret = bind_privately(record, socket->fd);
	return ret < 0 ? log_errno(ret, "file %u: unix socket '%s': cannot be bound without a file",
				   record->id, (const char *)record->name.data)
		       : 0;
}

/* --- connecting to it --- */

/* By its file wherever that is, or by its name. */
static int find_address(const struct unix_socket *target, struct call *call, int *ret_file)
{
	const UnixSkEntry *record = target->record;
	char name[32];

	if (!record->name.len)
		return -EDESTADDRREQ;
	if (!record->name.data[0]) {
		*call = call_for(call->fd, record->name.data, record->name.len);
		return 0;
	}
	*ret_file = ioctl(target->fd >= 0 ? target->fd : target->file->fd, SIOCUNIXFILE);
	if (*ret_file < 0)
		return -errno;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", *ret_file);
	*call = call_for(call->fd, name, strlen(name) + 1);
	return 0;
}

int unix_connect_to(const struct unix_socket *target, int fd, const UnixCredEntry *cred)
{
	struct unix_stage stage = { .cred = cred, .root = -EBADF, .actor = target->actor };
	_cleanup_close_ int file = -EBADF;
	struct call call = { .fd = fd };
	int ret = find_address(target, &call, &file);

	return ret < 0 ? ret : unix_act(&stage, do_connect, &call, sizeof(call));
}

int unix_address_of(const struct unix_socket *target, struct sockaddr_un *ret_address, socklen_t *ret_size,
		    int *ret_file)
{
	struct call call = { .fd = -1 };
	int ret = find_address(target, &call, ret_file);

	*ret_address = call.address;
	*ret_size = call.size;
	return ret;
}

/* Not waiting for a listener that accepts nothing; the flag is set with the others when all is done. */
int unix_connect_outside(int fd, const void *name, size_t size)
{
	struct call call = call_for(fd, name, size);

	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return do_connect(&call);
}
