// SPDX-License-Identifier: GPL-2.0-only
/* Mount namespaces as `ip netns exec NAME` makes them (ip-netns(8)): a copy of the one where it was called, in which /sys is
 * mounted anew, with NAME as its source, and files of /etc/netns/NAME/ lie on those of /etc. */
#include "criu/objects/namespace/mount-of-ip.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "criu/kernel/proc/mountinfo.h"
#include "criu/util/cleanup.h"

#define SYSFS "/sys"

static bool is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* /etc may be a file system of its own: /etc/netns/NAME/ is no more than /netns/NAME/ there. */
static bool is_of_ip(const struct proc_mount *mount, const char *files)
{
	return is_below(mount->mountpoint, SYSFS) ||
	       (is_below(mount->mountpoint, "/etc") && strstr(mount->root, files));
}

static bool is_same(const struct proc_mount *left, const struct proc_mount *right)
{
	return left->dev_major == right->dev_major && left->dev_minor == right->dev_minor &&
	       strcmp(left->mountpoint, right->mountpoint) == 0 && strcmp(left->root, right->root) == 0;
}

static bool is_in(const struct proc_mount *mount, const struct proc_mounts *mounts)
{
	for (size_t i = 0; i < mounts->count; i++)
		if (is_same(mount, &mounts->items[i]))
			return true;
	return false;
}

static bool are_within(const struct proc_mounts *some, const struct proc_mounts *all, const char *files)
{
	for (size_t i = 0; i < some->count; i++)
		if (!is_of_ip(&some->items[i], files) && !is_in(&some->items[i], all))
			return false;
	return true;
}

static const char *find_name(const struct proc_mounts *mounts)
{
	for (size_t i = 0; i < mounts->count; i++) {
		const struct proc_mount *mount = &mounts->items[i];

		if (strcmp(mount->mountpoint, SYSFS) == 0 && strcmp(mount->fstype, "sysfs") == 0)
			return mount->source;
	}
	return "";
}

const char *mount_of_ip_name(struct dump *dump, const struct task *task)
{
	_cleanup_close_ int self = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_proc_mounts_ struct proc_mounts ours = { 0 }, theirs = { 0 };
	const char *name, *files;

	if (self < 0 || proc_read_mountinfo(self, &ours) < 0 || proc_read_mountinfo(task->proc_fd, &theirs) < 0)
		return NULL;
	name = find_name(&theirs);
	files = arena_printf(&dump->arena, "/netns/%s/", name);
	if (!*name || !are_within(&ours, &theirs, files) || !are_within(&theirs, &ours, files))
		return NULL;
	return arena_strdup(&dump->arena, name);
}
