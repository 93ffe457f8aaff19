// SPDX-License-Identifier: GPL-2.0-only
/* Single files below /proc/sys/net, and those of them that differ from what a new namespace has. */
#include "criu/objects/namespace/net-sysctl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "criu/objects/namespace/net-settings.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/read-file.h"

#define PATH_SIZE 256
#define TEXT_LIMIT 65536
#define DEPTH_LIMIT 6

static int format_path(char path[PATH_SIZE], const char *name)
{
	int length = snprintf(path, PATH_SIZE, "%s/%s", NET_SYSCTL, name);

	return length < PATH_SIZE ? 0 : -ENAMETOOLONG;
}

int net_sysctl_read(const char *name, char **ret_text)
{
	char path[PATH_SIZE];
	size_t size;
	int error = format_path(path, name);

	if (!error)
		error = read_file_at(AT_FDCWD, path, TEXT_LIMIT, ret_text, &size);
	if (!error && size && (*ret_text)[size - 1] == '\n')
		(*ret_text)[size - 1] = '\0';
	return error;
}

static int write_text(const char *name, const char *text)
{
	char path[PATH_SIZE];
	_cleanup_close_ int fd = -EBADF;
	int error = format_path(path, name);

	if (error < 0)
		return error;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

int net_sysctl_set(const struct restore *restore, const char *name, const char *text)
{
	_cleanup_free_ char *now = NULL;
	int error = net_sysctl_read(name, &now);

	if (error == -ENOENT && restore->options->weak_sysctls) {
		log_warn("sysctl 'net/%s' is not there: '%s' is left out", name, text);
		return 0;
	}
	if (!error && !strcmp(now, text))
		return 0;
	if (error != -ENOENT)
		error = write_text(name, text);
	return error < 0 ? log_errno(error, "sysctl 'net/%s' cannot be made '%s'%s", name, text,
				     error == -ENOENT ? "; --weak-sysctls goes without" : "")
			 : 0;
}

/* --- what differs --- */

struct walk {
	struct dump *dump;
	struct net_settings_found *found;
	bool compare; /* with those found before */
	char name[PATH_SIZE];
};

static void take(struct walk *walk, const char *text)
{
	struct net_setting_found *setting;

	if (!walk->compare) {
		setting = arena_new(&walk->dump->arena, struct net_setting_found);
		setting->name = arena_strdup(&walk->dump->arena, walk->name);
		setting->text = arena_strdup(&walk->dump->arena, text);
		STAILQ_INSERT_TAIL(walk->found, setting, link);
		return;
	}
	STAILQ_FOREACH(setting, walk->found, link)
		if (!strcmp(setting->name, walk->name) && !strcmp(setting->text, text))
			setting->is_usual = true;
}

/* What cannot be read now ("stable_secret" that was never set) has no value. */
static void look_at(struct walk *walk, mode_t mode)
{
	char *text = NULL;

	if (!(mode & 0200) || !(mode & 0400) || net_sysctl_is_listed(walk->name))
		return;
	if (net_sysctl_read(walk->name, &text) == 0)
		take(walk, text);
	free(text);
}

static int walk_directory(struct walk *walk, unsigned int depth);

static int walk_entry(struct walk *walk, DIR *directory, const char *entry, unsigned int depth)
{
	size_t length = strlen(walk->name);
	struct stat stat;
	int error = 0;

	if (length + strlen(entry) + 2 > sizeof(walk->name) || depth > DEPTH_LIMIT)
		return -ENAMETOOLONG;
	if (fstatat(dirfd(directory), entry, &stat, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (length)
		walk->name[length] = '/';
	strcpy(walk->name + length + (length > 0), entry);
	if (S_ISDIR(stat.st_mode))
		error = walk_directory(walk, depth + 1);
	else
		look_at(walk, stat.st_mode);
	walk->name[length] = '\0';
	return error;
}

static int walk_directory(struct walk *walk, unsigned int depth)
{
	const struct dirent *entry;
	char path[PATH_SIZE];
	int error = format_path(path, walk->name);
	DIR *directory = error < 0 ? NULL : opendir(path);

	if (!directory)
		return error < 0 ? error : -errno;
	while (!error && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			error = walk_entry(walk, directory, entry->d_name, depth);
	closedir(directory);
	return error;
}

static int compare_with_new(struct walk *walk)
{
	_cleanup_close_ int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int error;

	if (home < 0 || unshare(CLONE_NEWNET) < 0)
		return -errno;
	walk->compare = true;
	error = walk_directory(walk, 0);
	if (setns(home, CLONE_NEWNET) < 0)
		return -errno;
	return error;
}

int net_settings_find_unusual(struct dump *dump, struct net_settings_found *ret_found)
{
	struct walk walk = { .dump = dump, .found = ret_found };
	int error;

	STAILQ_INIT(ret_found);
	error = walk_directory(&walk, 0);
	if (!error)
		error = compare_with_new(&walk);
	return error < 0 ? log_errno(error, "'%s' cannot be read", NET_SYSCTL) : 0;
}
