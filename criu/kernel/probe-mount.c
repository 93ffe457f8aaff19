// SPDX-License-Identifier: GPL-2.0-only
/* Probes of mounts and file systems, in mount namespaces of children. A mount onto "/" is seen by descriptor and in
 * mountinfo, while paths go on from the old root. */
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "criu/kernel/abi.h"
#include "criu/kernel/probe.h"
#include "criu/kernel/proc/mappings.h"
#include "criu/kernel/proc/mountinfo.h"
#include "criu/kernel/proc/open.h"
#include "criu/util/read-file.h"

static int new_mount_namespace(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	return 0;
}

/* A file system that is mounted nowhere yet; @options are pairs of names and values, ended by NULL. */
static int make_mount(const char *type, const char *const *options)
{
	_cleanup_close_ int context = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	int fd;

	if (context < 0)
		return -errno;
	for (; *options; options += 2) {
		if (syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, options[0], options[1], 0) < 0)
			return -errno;
	}
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

static const char *const no_options[] = { NULL };

static int attach_to_root(int fd)
{
	return syscall(SYS_move_mount, fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 ? -errno : 0;
}

static int set_propagation(int fd, uint64_t propagation)
{
	struct mount_attr attributes = { .propagation = propagation };

	return syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0 ? -errno : 0;
}

static int clone_mount(int fd)
{
	int clone = (int)syscall(SYS_open_tree, fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	return clone < 0 ? -errno : clone;
}

static int answer(int ret)
{
	if (ret >= 0)
		return 1;
	errno = -ret;
	return probe_result(-1);
}

static int try_mount_api(void *context)
{
	_cleanup_close_ int made = -EBADF, clone = -EBADF;
	int ret = new_mount_namespace();

	if (ret < 0)
		return ret;
	made = make_mount("tmpfs", no_options);
	ret = made < 0 ? made : attach_to_root(made);
	if (ret == 0)
		ret = set_propagation(made, MS_SHARED);
	if (ret == 0)
		ret = clone = clone_mount(made);
	return answer(ret);
}

int probe_mount_api(struct kernel *kernel)
{
	return probe_in_child(try_mount_api, NULL);
}

/* Two mounts of one file system, the first in a peer group which the second is then put into. */
static int try_set_group(void *context)
{
	_cleanup_close_ int first = -EBADF, second = -EBADF;
	int ret = new_mount_namespace();

	if (ret < 0)
		return ret;
	first = make_mount("tmpfs", no_options);
	ret = first < 0 ? first : attach_to_root(first);
	if (ret == 0)
		ret = second = clone_mount(first);
	if (ret >= 0)
		ret = attach_to_root(second);
	if (ret == 0)
		ret = set_propagation(first, MS_SHARED);
	if (ret == 0 && syscall(SYS_move_mount, first, "", second, "",
				MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH | ABI_MOVE_MOUNT_SET_GROUP) < 0)
		ret = -errno;
	return answer(ret);
}

int probe_move_mount_set_group(struct kernel *kernel)
{
	return probe_in_child(try_set_group, NULL);
}

static int has_pipe_option(int mountinfo)
{
	_cleanup_proc_mounts_ struct proc_mounts mounts = { 0 };
	_cleanup_free_ char *data = NULL;
	size_t size;
	int ret = read_file_fd(mountinfo, PROC_LARGE_FILE_MAX, &data, &size);

	if (ret == 0)
		ret = proc_parse_mountinfo(data, size, &mounts);
	for (size_t i = 0; ret == 0 && i < mounts.count; i++) {
		const struct proc_mount *mount = &mounts.items[i];

		if (!strcmp(mount->fstype, "autofs") && !strcmp(mount->source, "probe"))
			return strstr(mount->super_options, "pipe_ino=") != NULL;
	}
	return ret;
}

static int try_autofs(void *context)
{
	_cleanup_close_ int mountinfo = -EBADF;
	int ends[2], ret = new_mount_namespace();
	char options[128];

	if (ret < 0)
		return ret;
	mountinfo = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (mountinfo < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	snprintf(options, sizeof(options), "fd=%d,pgrp=%d,minproto=5,maxproto=5,indirect", ends[1], getpgrp());
	if (mount("probe", "/", "autofs", 0, options) < 0)
		return probe_result(-1);
	return has_pipe_option(mountinfo);
}

int probe_autofs(struct kernel *kernel)
{
	return probe_in_child(try_autofs, NULL);
}

/* An overlay of two directories of a new tmpfs, with a file in the lower one. */
static int make_overlay(void)
{
	_cleanup_close_ int base = make_mount("tmpfs", no_options), file = -EBADF;
	const char *options[] = { "lowerdir", NULL, "upperdir", NULL, "workdir", NULL, NULL };
	char paths[3][64];
	int ret = base < 0 ? base : attach_to_root(base);

	if (ret < 0)
		return ret;
	for (int i = 0; i < 3; i++) {
		if (mkdirat(base, options[2 * i], 0700) < 0)
			return -errno;
		snprintf(paths[i], sizeof(paths[i]), "/proc/self/fd/%d/%s", base, options[2 * i]);
		options[2 * i + 1] = paths[i];
	}
	file = openat(base, "lowerdir/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0 || ftruncate(file, 1) < 0)
		return -errno;
	return make_mount("overlay", options);
}

static int maps_agree(uint64_t address, const struct stat *file)
{
	_cleanup_proc_mappings_ struct proc_mappings mappings = { 0 };
	_cleanup_close_ int self = proc_open_task(getpid());
	int ret = self < 0 ? self : proc_read_maps(self, &mappings);

	for (size_t i = 0; ret == 0 && i < mappings.count; i++) {
		const struct proc_mapping *mapping = &mappings.items[i];

		if (mapping->start == address)
			return mapping->inode == file->st_ino &&
			       makedev(mapping->dev_major, mapping->dev_minor) == file->st_dev;
	}
	return ret < 0 ? ret : -ENOENT;
}

static int try_overlayfs_maps(void *context)
{
	_cleanup_close_ int overlay = -EBADF, fd = -EBADF;
	struct stat file;
	void *address;
	int ret = new_mount_namespace();

	if (ret < 0)
		return ret;
	overlay = make_overlay();
	if (overlay < 0)
		return answer(overlay);
	fd = openat(overlay, "file", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &file) < 0)
		return -errno;
	address = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
	return address == MAP_FAILED ? -errno : maps_agree((uintptr_t)address, &file);
}

int probe_overlayfs_maps(struct kernel *kernel)
{
	return probe_in_child(try_overlayfs_maps, NULL);
}

int probe_statmount(struct kernel *kernel)
{
	struct abi_mount_id_request request = { .size = 24, .mnt_id = ABI_LSMT_ROOT };
	uint64_t id, answers[64];

	if (syscall(ABI_SYS_listmount, &request, &id, 1, 0) < 0)
		return probe_result(-1);
	request.mnt_id = id;
	request.param = ABI_STATMOUNT_MNT_BASIC;
	return probe_result(syscall(ABI_SYS_statmount, &request, answers, sizeof(answers), 0));
}

/* In securityfs, whether that is mounted or not. */
int probe_apparmor_stacking(struct kernel *kernel)
{
	_cleanup_close_ int security = make_mount("securityfs", no_options);
	_cleanup_free_ char *text = NULL;
	size_t size;
	int ret;

	if (security < 0)
		return answer(security);
	ret = read_file_at(security, "apparmor/features/domain/stack", PROC_SMALL_FILE_MAX, &text, &size);
	if (ret < 0)
		return answer(ret);
	return !strncmp(text, "yes", 3);
}
