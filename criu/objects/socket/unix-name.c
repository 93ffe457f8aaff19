// SPDX-License-Identifier: GPL-2.0-only
/* Names of unix sockets, at the dump: where the file of a name is, and from which directory it was bound. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "criu/kernel/proc/link.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/unix-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* The file of the name as an O_PATH descriptor, from Linux 4.15 on (net/unix/af_unix.c). */
#ifndef SIOCUNIXFILE
#define SIOCUNIXFILE 0x89E0
#endif

/* A name that leads to a file. */
struct bound {
	char name[UNIX_STORED_MAX + 1];
	char *real; /* where the file is; NULL: nowhere any more */
	struct stat stat;
	/* what to do at the restore */
	const char *root, *directory, *renamed;
};

/* @name has UNIX_STORED_MAX bytes, and one more. */
static int read_name(int socket, char *name, size_t *ret_size)
{
	struct sockaddr_un address = { 0 };
	socklen_t size = sizeof(address);

	if (getsockname(socket, (struct sockaddr *)&address, &size) < 0)
		return -errno;
	*ret_size = MIN(size - sizeof(sa_family_t), UNIX_STORED_MAX);
	memcpy(name, address.sun_path, MIN(*ret_size, UNIX_NAME_MAX));
	name[MIN(*ret_size, UNIX_NAME_MAX)] = '\0';
	return 0;
}

static bool leads_to(const char *path, const struct stat *wanted)
{
	struct stat found;

	return stat(path, &found) == 0 && found.st_dev == wanted->st_dev && found.st_ino == wanted->st_ino;
}

static int find_file(int socket, struct stat *ret_stat, char **ret_path)
{
	_cleanup_close_ int file = ioctl(socket, SIOCUNIXFILE), proc = -EBADF;
	char link[32], *real = NULL;
	int ret;

	if (file < 0 || fstat(file, ret_stat) < 0)
		return -errno;
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return -errno;
	snprintf(link, sizeof(link), "self/fd/%d", file);
	ret = proc_read_link(proc, link, &real);
	if (ret == 0 && !leads_to(real, ret_stat)) {
		free(real);
		real = NULL;
	}
	*ret_path = ret == 0 ? real : NULL;
	return ret;
}

int unix_find_file(int socket, char **ret_path)
{
	struct stat stat;

	return find_file(socket, &stat, ret_path);
}

/* What of @real is before "/@name", or NULL when it does not end so. */
static const char *cut_end(struct arena *arena, const char *real, const char *name)
{
	size_t all = strlen(real), end = strlen(name);

	if (all < end + (name[0] != '/') || strcmp(real + all - end, name) != 0)
		return NULL;
	if (name[0] != '/' && real[all - end - 1] != '/')
		return NULL;
	all -= end + (name[0] != '/');
	return all ? arena_printf(arena, "%.*s", (int)all, real) : "/";
}

static void place_absolute(struct arena *arena, struct bound *bound)
{
	const char *root = cut_end(arena, bound->real, bound->name);

	if (leads_to(bound->name, &bound->stat))
		return;
	if (root)
		bound->root = root;
	else
		bound->renamed = bound->real;
}

static const char *skip_dots(const char *name)
{
	while (name[0] == '.' && name[1] == '/')
		for (name += 2; *name == '/';)
			name++;
	return name;
}

static const char *find_below_cwd(struct dump *dump, const struct fd_info *fd, const struct bound *bound)
{
	const char *found = NULL;
	char *cwd = NULL;

	if (proc_read_link(fd->task->proc_fd, "cwd", &cwd) < 0)
		return NULL;
	if (leads_to(arena_printf(&dump->arena, "%s/%s", cwd, bound->name), &bound->stat))
		found = arena_strdup(&dump->arena, cwd);
	free(cwd);
	return found;
}

/* A name can go through symbolic links: from which of the directories above the file does it lead there? */
static const char *find_above(struct dump *dump, const struct bound *bound)
{
	char *above = arena_strdup(&dump->arena, bound->real);

	for (char *slash = strrchr(above, '/'); slash; slash = strrchr(above, '/')) {
		*slash = '\0';
		if (leads_to(arena_printf(&dump->arena, "%s/%s", above, bound->name), &bound->stat))
			return *above ? above : "/";
	}
	return NULL;
}

/* From the directory that the name is the rest of; else from that in which the task stands, if it is there, or from one above
 * the file. */
static const char *place_relative(struct dump *dump, const struct fd_info *fd, struct bound *bound)
{
	const char *slash;

	bound->directory = cut_end(&dump->arena, bound->real, skip_dots(bound->name));
	if (bound->directory)
		return NULL;
	bound->directory = fd->in_flight ? NULL : find_below_cwd(dump, fd, bound);
	if (!bound->directory)
		bound->directory = find_above(dump, bound);
	if (bound->directory)
		return NULL;
	if (strchr(skip_dots(bound->name), '/'))
		return "the directory from which its relative name was bound cannot be found";
	slash = strrchr(bound->real, '/');
	bound->directory = slash == bound->real
				   ? "/"
				   : arena_printf(&dump->arena, "%.*s", (int)(slash - bound->real), bound->real);
	bound->renamed = bound->real;
	return NULL;
}

/* NULL, and *@ret_problem: why not. */
static int place(struct dump *dump, const struct fd_info *fd, int socket, struct bound *bound,
		 const char **ret_problem)
{
	size_t size = 0;
	int ret = read_name(socket, bound->name, &size);

	*ret_problem = NULL;
	if (ret < 0 || !size || !bound->name[0])
		return ret;
	ret = find_file(socket, &bound->stat, &bound->real);
	if (ret < 0 || !bound->real)
		return ret;
	if (bound->name[0] == '/')
		place_absolute(&dump->arena, bound);
	else
		*ret_problem = place_relative(dump, fd, bound);
	bound->renamed = bound->renamed ? arena_strdup(&dump->arena, bound->renamed) : NULL;
	return 0;
}

const char *unix_name_problem(struct dump *dump, const struct fd_info *fd, int socket)
{
	struct bound bound = { 0 };
	const char *problem = NULL;
	int ret = place(dump, fd, socket, &bound, &problem);

	free(bound.real);
	return ret < 0 ? arena_printf(&dump->arena, "the file of its name cannot be found (%s)", strerror(-ret))
		       : problem;
}

static void fill_file(struct arena *arena, const struct bound *bound, UnixSkEntry *entry)
{
	entry->file_perms = arena_new(arena, FilePermsEntry);
	file_perms_entry__init(entry->file_perms);
	entry->file_perms->mode = bound->stat.st_mode;
	entry->file_perms->uid = bound->stat.st_uid;
	entry->file_perms->gid = bound->stat.st_gid;
	entry->has_deleted = entry->deleted = !bound->real;
	entry->name_dir = (char *)bound->directory;
	entry->root = (char *)bound->root;
	entry->bound_path = (char *)bound->renamed;
}

int unix_name_dump(struct dump *dump, const struct fd_info *fd, int socket, UnixSkEntry *entry)
{
	struct bound bound = { 0 };
	const char *problem = NULL;
	size_t size = 0;
	int ret = place(dump, fd, socket, &bound, &problem);

	if (ret == 0)
		ret = read_name(socket, bound.name, &size);
	if (ret == 0) {
		entry->name.len = size;
		entry->name.data = arena_copy(&dump->arena, bound.name, size);
		if (size && bound.name[0])
			fill_file(&dump->arena, &bound, entry);
	}
	free(bound.real);
	return ret;
}
