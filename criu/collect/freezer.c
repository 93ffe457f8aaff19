// SPDX-License-Identifier: GPL-2.0-only
/* Freezer of cgroup version 1 (freezer.state) and 2 (cgroup.freeze). */
#include "criu/collect/freezer.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/kernel/proc/cgroup.h"
#include "criu/kernel/proc/mountinfo.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/util/cleanup.h"
#include "criu/util/clock.h"
#include "criu/util/log.h"
#include "criu/util/read-file.h"

#define SMALL_FILE 4096
#define LIST_MAX (16UL << 20)
#define DEFAULT_TIMEOUT_SEC 10
#define LOOK_USEC 1000
#define USEC_PER_SEC 1000000ULL

/* --- one cgroup --- */

static int read_in(const char *path, const char *name, char **ret_text)
{
	_cleanup_close_ int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t size;

	return dir < 0 ? -errno : read_file_at(dir, name, SMALL_FILE, ret_text, &size);
}

static int write_in(const char *path, const char *name, const char *text)
{
	char file[PATH_MAX + 32];
	_cleanup_close_ int fd = -EBADF;
	ssize_t length = (ssize_t)strlen(text);

	snprintf(file, sizeof(file), "%s/%s", path, name);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	return fd < 0 || write(fd, text, (size_t)length) != length ? -errno : 0;
}

/* Is it frozen by itself (not by one above it)? -ENOENT: no freezer there. */
static int is_frozen_itself(const char *path, bool version_2)
{
	_cleanup_free_ char *text = NULL;
	int error = read_in(path, version_2 ? "cgroup.freeze" : "freezer.self_freezing", &text);

	return error < 0 ? error : text && text[0] == '1';
}

static int is_settled(const struct freezer *freezer)
{
	_cleanup_free_ char *text = NULL;
	int error = read_in(freezer->path, freezer->version_2 ? "cgroup.events" : "freezer.state", &text);

	if (error < 0 || !text)
		return error;
	return freezer->version_2 ? strstr(text, "frozen 1") != NULL : !strncmp(text, "FROZEN", 6);
}

static int set_frozen(struct freezer *freezer, bool frozen)
{
	int error;

	/* Should we be killed meanwhile, it may have been changed. */
	freezer->changed = true;
	if (freezer->version_2)
		error = write_in(freezer->path, "cgroup.freeze", frozen ? "1" : "0");
	else
		error = write_in(freezer->path, "freezer.state", frozen ? "FROZEN" : "THAWED");
	if (error < 0)
		return log_errno(error, "cgroup '%s' cannot be %s", freezer->path, frozen ? "frozen" : "thawed");
	freezer->changed = frozen != freezer->was_frozen;
	return 0;
}

static int wait_until_frozen(const struct freezer *freezer, unsigned int timeout_sec)
{
	uint64_t deadline = clock_usec() + (timeout_sec ? timeout_sec : DEFAULT_TIMEOUT_SEC) * USEC_PER_SEC;
	int settled;

	while ((settled = is_settled(freezer)) == 0) {
		if (clock_usec() > deadline)
			return log_fail(-ETIME, "cgroup '%s' does not freeze in time: something in it does not stop",
					freezer->path);
		usleep(LOOK_USEC);
	}
	return settled < 0 ? log_errno(settled, "cgroup '%s': its state cannot be read", freezer->path) : 0;
}

/* --- who is in it --- */

/* Calls @look with each process in the cgroup, until that returns something else than 0. */
static int visit_members(const char *path, int (*look)(const char *path, pid_t pid, const void *argument),
			 const void *argument)
{
	_cleanup_close_ int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t size;
	int error = dir < 0 ? -errno : read_file_at(dir, "cgroup.procs", LIST_MAX, &text, &size);

	if (error < 0)
		return log_errno(error, "cgroup '%s': its processes cannot be listed", path);
	for (char *rest = text, *line; !error && (line = strsep(&rest, "\n"));) {
		pid_t pid = (pid_t)strtol(line, NULL, 10);

		error = pid > 0 ? look(path, pid, argument) : 0;
	}
	return error;
}

static int look_in_all(const struct freezer *freezer,
		       int (*look)(const char *path, pid_t pid, const void *argument), const void *argument)
{
	char *paths[] = { (char *)freezer->path, NULL };
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *entry;
	int error = 0;

	if (!walk)
		return log_errno(errno, "cgroup '%s'", freezer->path);
	while (!error && (entry = fts_read(walk)))
		if (entry->fts_info == FTS_D)
			error = visit_members(entry->fts_path, look, argument);
	fts_close(walk);
	return error;
}

/* --- which one --- */

static bool is_freezer(const struct proc_cgroup *cgroup)
{
	return cgroup->hierarchy == 0 || strstr(cgroup->controllers, "freezer");
}

static bool is_its_mount(const struct proc_cgroup *cgroup, const struct proc_mount *mount)
{
	if (cgroup->hierarchy == 0)
		return !strcmp(mount->fstype, "cgroup2");
	return !strcmp(mount->fstype, "cgroup") && strstr(mount->super_options, "freezer");
}

/* Where we see it; false: nowhere. */
static bool find_path(const struct proc_cgroup *cgroup, const struct proc_mounts *mounts,
		      char ret_path[PATH_MAX], size_t *ret_top)
{
	for (size_t i = 0; i < mounts->count; i++) {
		const struct proc_mount *mount = &mounts->items[i];
		size_t root = strcmp(mount->root, "/") ? strlen(mount->root) : 0;

		if (!is_its_mount(cgroup, mount) || strncmp(cgroup->path, mount->root, root))
			continue;
		*ret_top = strlen(mount->mountpoint);
		return snprintf(ret_path, PATH_MAX, "%s%s", mount->mountpoint, cgroup->path + root) < PATH_MAX;
	}
	return false;
}

/* From the cgroup up to the top of its mount. */
static int look_upwards(struct freezer *freezer, pid_t root, char *path, size_t top, bool version_2)
{
	for (; strlen(path) > top; *strrchr(path, '/') = 0) {
		if (is_frozen_itself(path, version_2) != 1)
			continue;
		if (freezer_is_set(freezer))
			return log_fail(-ENOTSUP,
					"task %d: is frozen by two cgroups, '%s' and '%s'; thaw one of them before the dump",
					root, freezer->path, path);
		snprintf(freezer->path, sizeof(freezer->path), "%s", path);
		freezer->version_2 = version_2;
		freezer->was_frozen = true;
	}
	return 0;
}

static int look_for_frozen(struct freezer *freezer, pid_t root)
{
	_cleanup_proc_cgroups_ struct proc_cgroups cgroups = {};
	_cleanup_proc_mounts_ struct proc_mounts mounts = {};
	_cleanup_close_ int self = proc_open_task(getpid()), task = proc_open_task(root);
	int error = task < 0 ? task : proc_read_cgroups(task, &cgroups);

	/* Whether there is such a task at all is told by who seizes it. */
	if (error == -ENOENT || error == -ESRCH)
		return 0;
	if (!error)
		error = self < 0 ? self : proc_read_mountinfo(self, &mounts);
	if (error < 0)
		return log_errno(error, "task %d: its cgroups cannot be read", root);
	for (size_t i = 0; error == 0 && i < cgroups.count; i++) {
		char path[PATH_MAX];
		size_t top;

		if (is_freezer(&cgroups.items[i]) && find_path(&cgroups.items[i], &mounts, path, &top))
			error = look_upwards(freezer, root, path, top, cgroups.items[i].hierarchy == 0);
	}
	return error;
}

int freezer_find(struct freezer *freezer, pid_t root, const char *path)
{
	int frozen;

	if (!path)
		return look_for_frozen(freezer, root);
	if (snprintf(freezer->path, sizeof(freezer->path), "%s", path) >= (int)sizeof(freezer->path))
		return log_errno(ENAMETOOLONG, "freeze-cgroup: '%s'", path);
	freezer->version_2 = true;
	frozen = is_frozen_itself(path, true);
	if (frozen == -ENOENT) {
		freezer->version_2 = false;
		frozen = is_frozen_itself(path, false);
	}
	freezer->was_frozen = frozen == 1;
	return frozen < 0 ? log_errno(frozen, "freeze-cgroup: '%s' is no cgroup that can be frozen", path) : 0;
}

bool freezer_is_set(const struct freezer *freezer)
{
	return freezer->path[0];
}

/* Nor those who would have to thaw it. */
static int expect_other(const char *path, pid_t pid, const void *argument)
{
	if (pid != getpid() && pid != getppid())
		return 0;
	return log_fail(-EDEADLK,
			"criu itself is in cgroup '%s', and cannot freeze it; start it from another one", path);
}

int freezer_freeze(struct freezer *freezer, unsigned int timeout_sec)
{
	int error = freezer->was_frozen ? 0 : look_in_all(freezer, expect_other, NULL);

	if (!error && !freezer->was_frozen)
		error = set_frozen(freezer, true);
	if (!error)
		error = wait_until_frozen(freezer, timeout_sec);
	if (error < 0)
		freezer_put_back(freezer);
	return error;
}

/* --- thawing --- */

static bool has_process(const struct compel_tree *tree, pid_t pid)
{
	for (unsigned int i = 0; i < tree->nr_processes; i++)
		if (tree->processes[i]->pid == pid)
			return true;
	return false;
}

/* Nobody may wake up but those who are seized. */
static int expect_in_tree(const char *path, pid_t pid, const void *argument)
{
	if (has_process(argument, pid))
		return 0;
	return log_fail(-EBUSY,
			"process %d stands frozen in cgroup '%s', too, but is not in the tree: it would run on during "
			"the dump; move it to another cgroup",
			pid, path);
}

int freezer_thaw(void *argument, const struct compel_tree *tree)
{
	struct freezer *freezer = argument;
	int error = freezer->was_frozen ? look_in_all(freezer, expect_in_tree, tree) : 0;

	return error < 0 ? error : set_frozen(freezer, false);
}

int freezer_put_back(void *argument)
{
	struct freezer *freezer = argument;

	return freezer->changed ? set_frozen(freezer, freezer->was_frozen) : 0;
}

void freezer_let_run(struct freezer *freezer)
{
	if (freezer->changed)
		set_frozen(freezer, false);
}
