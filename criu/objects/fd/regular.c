// SPDX-License-Identifier: GPL-2.0-only
/* Files that are opened again by name: regular files, directories, memory devices, and anything by O_PATH. */
#include "criu/objects/fd/regular.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "criu/arch/arch.h"
#include "criu/kernel/kernel.h"
#include "criu/objects/ended-process.h"
#include "criu/objects/fd/block-device.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/unknown.h"
#include "criu/objects/file-name.h"
#include "criu/objects/ghost.h"
#include "criu/objects/inherit.h"
#include "criu/objects/kinds.h"
#include "criu/objects/process-file.h"
#include "criu/options/options.h"
#include "criu/plugin/plugin.h"
#include "criu/util/build-id.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define LARGE_FILE 0100000U /* O_LARGEFILE of the kernel on x86; only there is code of both sizes restored */
#define O_TMPFILE_ONLY (O_TMPFILE & ~O_DIRECTORY)
#define MODE_PERMISSIONS 0777
#define KMSG_MINOR 11
#define EXTERNAL_KEY_SIZE 48

/* --- dump --- */

static bool is_memory_device(dev_t device)
{
	static const unsigned int minors[] = { 3 /* null */,   5 /* zero */,	7 /* full */,
					       8 /* random */, 9 /* urandom */, KMSG_MINOR };

	for (size_t i = 0; major(device) == 1 && i < sizeof(minors) / sizeof(minors[0]); i++)
		if (minor(device) == minors[i])
			return true;
	return false;
}

static bool is_memory_file(const struct fd_info *fd)
{
	/* memfd and anonymous shared memory are named so, and have no name in a file system. */
	return fd->stat.st_nlink == 0 && strncmp(fd->link, "/memfd:", 7) == 0;
}

static bool regular_matches(const struct fd_info *fd)
{
	if (fd->link[0] != '/')
		return false;
	if (fd->flags & O_PATH)
		return true;
	switch (fd->stat.st_mode & S_IFMT) {
	case S_IFREG:
		return !is_memory_file(fd);
	case S_IFDIR:
		return true;
	case S_IFBLK:
		return true;
	case S_IFCHR:
		return is_memory_device(fd->stat.st_rdev) || !plugins_have(CR_PLUGIN_HOOK__DUMP_EXT_FILE);
	default:
		return false;
	}
}

static bool is_kernel_log(const struct fd_info *fd)
{
	return S_ISCHR(fd->stat.st_mode) && !(fd->flags & O_PATH) && minor(fd->stat.st_rdev) == KMSG_MINOR;
}

static struct named_file named_file_of(const struct fd_info *fd, char name[32])
{
	snprintf(name, 32, "fd/%d", fd->fd);
	return (struct named_file){
		.proc_fd = fd->task->proc_fd,
		.proc_link = name,
		.name = fd->link,
		.stat = fd->stat,
		.mnt_id = fd->mnt_id,
	};
}

/* Named by the user as something that the restore is going to be given. */
static bool is_external(const struct dump *dump, const struct fd_info *fd, char key[EXTERNAL_KEY_SIZE])
{
	snprintf(key, EXTERNAL_KEY_SIZE, "file[%x:%lx]", (unsigned int)fd->mnt_id, (unsigned long)fd->stat.st_ino);
	return dump_find_external(dump, key) >= 0;
}

/* Why a device could be opened again, but not with the state it has; NULL: it has none. */
static const char *device_problem(struct dump *dump, const struct fd_info *fd)
{
	if (fd->flags & O_PATH)
		return NULL;
	if (S_ISBLK(fd->stat.st_mode))
		return block_device_problem(fd);
	if (!S_ISCHR(fd->stat.st_mode))
		return NULL;
	if (!is_memory_device(fd->stat.st_rdev))
		return arena_printf(&dump->arena, "%s cannot be kept", fd_name_device(fd->stat.st_rdev));
	if (is_kernel_log(fd) && (fd->flags & O_ACCMODE) != O_WRONLY)
		return "how far the kernel log was read cannot be kept";
	return NULL;
}

/* The watch itself does not show, but it makes its task the owner (kernel: fs/notify/dnotify/dnotify.c), and without an
 * owner there are no signals. */
static bool is_watched(struct dump *dump, const struct fd_info *fd)
{
	return S_ISDIR(fd->stat.st_mode) && !(fd->flags & O_PATH) && fd_owner_dump(dump, fd)->pid;
}

int regular_survey(struct dump *dump, const struct fd_info *fd)
{
	char name[32], key[EXTERNAL_KEY_SIZE];
	struct named_file file = named_file_of(fd, name);
	const char *problem = NULL;
	int ret;

	if (!is_external(dump, fd, key)) {
		problem = file_name_problem(dump, &file);
		problem = problem ? problem : device_problem(dump, fd);
		/* The kernel has the rest of the text in a buffer. */
		if (!problem && S_ISREG(fd->stat.st_mode) && fd->pos && ended_process_name(dump, &file))
			problem = "its process has ended, and the rest of the text that was read in part cannot be kept";
	}
	if (problem)
		dump_refuse(dump, fd->task,
			    "%s: %s; close it before the dump, or leave it out by --external '%s' and give it "
			    "to the restore by --inherit-fd",
			    fd_describe(dump, fd), problem, key);
	ret = fd_owner_survey(dump, fd);
	if (ret == 0 && is_watched(dump, fd))
		dump_refuse(dump, fd->task,
			    "%s: it has an owner, as a directory has that is watched (F_NOTIFY), and the kernel does not "
			    "tell for what; close it or clear its owner (F_SETOWN) before the dump",
			    fd_describe(dump, fd));
	return ret;
}

int regular_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	char name[32];
	struct named_file file = named_file_of(fd, name);
	RegFileEntry *reg = arena_new(&dump->arena, RegFileEntry);
	char key[EXTERNAL_KEY_SIZE];
	int ret = 0;

	reg_file_entry__init(reg);
	reg->id = record->id;
	reg->flags = fd->flags;
	reg->pos = is_kernel_log(fd) ? UINT64_MAX : fd->pos;
	record->reg = reg;
	if (is_external(dump, fd, key)) {
		file_name_describe(dump, &file, fd->flags, reg);
		reg->name = arena_strdup(&dump->arena, key);
		reg->has_ext = reg->ext = true;
	} else {
		ret = file_name_fill(dump, &file, fd->flags, reg);
	}
	reg->fown = fd_owner_dump(dump, fd);
	return ret;
}

/* --- restore: is it the same file? --- */

static const char *inherit_key(const RegFileEntry *record)
{
	return record->name[0] == '/' ? record->name + 1 : record->name;
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "a regular file";
	case S_IFDIR:
		return "a directory";
	case S_IFCHR:
		return "a character device";
	case S_IFBLK:
		return "a block device";
	case S_IFIFO:
		return "a fifo";
	case S_IFSOCK:
		return "a socket";
	case S_IFLNK:
		return "a symbolic link";
	default:
		return "a file of unknown type";
	}
}

/* In what the file found differs from the one that was dumped, for messages; NULL: it is the same. */
static const char *find_difference(struct restore *restore, const RegFileEntry *record, const struct stat *found)
{
	const struct options *options = restore->options;

	if (record->has_mode && (record->mode & S_IFMT) != (found->st_mode & S_IFMT))
		return arena_printf(&restore->arena,
				    "it is %s, was %s at the dump; put the file of the dump in its place",
				    type_name(found->st_mode), type_name(record->mode));
	if (record->has_rdev && record->rdev != found->st_rdev)
		return arena_printf(&restore->arena,
				    "it is device %u:%u, was %u:%u at the dump; put that in its place",
				    major(found->st_rdev), minor(found->st_rdev), major(record->rdev),
				    minor(record->rdev));
	if (record->has_size && record->size != (uint64_t)found->st_size)
		return arena_printf(&restore->arena,
				    "size is %" PRIu64 ", was %" PRIu64 " at the dump; put the file "
				    "of the dump in its place",
				    (uint64_t)found->st_size, record->size);
	if (record->has_mode && !options->skip_file_rwx_check &&
	    (record->mode & MODE_PERMISSIONS) != (found->st_mode & MODE_PERMISSIONS))
		return arena_printf(&restore->arena,
				    "permissions are 0%o, were 0%o at the dump; change them back or "
				    "use --skip-file-rwx-check",
				    found->st_mode & MODE_PERMISSIONS, record->mode & MODE_PERMISSIONS);
	return NULL;
}

/* Hexadecimal, as tools show it. */
static const char *format_build_id(struct restore *restore, const uint8_t *id, size_t length)
{
	char *text = arena_alloc(&restore->arena, 2 * length + 1);

	for (size_t i = 0; i < length; i++)
		snprintf(text + 2 * i, 3, "%02x", id[i]);
	return length ? text : "none";
}

static const char *find_build_id_difference(struct restore *restore, const RegFileEntry *record, int path_fd)
{
	uint8_t found[BUILD_ID_MAX + 4] = { 0 }, wanted[BUILD_ID_MAX + 4] = { 0 };
	_cleanup_close_ int fd = -EBADF;
	size_t size = record->n_build_id * 4;
	char path[32];
	int length;

	if (size > sizeof(wanted))
		return "the build id in the images is too long";
	for (size_t i = 0; i < size; i++)
		wanted[i] = (uint8_t)(record->build_id[i / 4] >> i % 4 * 8);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	length = fd < 0 ? 0 : build_id_read(fd, found);
	length = length < 0 ? 0 : length;
	if (size == ROUND_UP((size_t)length, 4) && memcmp(found, wanted, size) == 0)
		return NULL;
	return arena_printf(&restore->arena,
			    "build id is %s, was %s at the dump; put the file of the dump in its place or use "
			    "--file-validation filesize",
			    format_build_id(restore, found, (size_t)length),
			    format_build_id(restore, wanted, size));
}

static int open_path(const RegFileEntry *record)
{
	bool is_link = record->has_mode && S_ISLNK(record->mode);
	int fd = open(record->name, O_PATH | O_CLOEXEC | (is_link ? O_NOFOLLOW : 0));

	return fd < 0 ? -errno : fd;
}

static void check_file(struct restore *restore, const RegFileEntry *record)
{
	_cleanup_close_ int fd = open_path(record);
	const char *difference;
	struct stat found;

	if (fd < 0 || fstat(fd, &found) < 0) {
		restore_refuse(restore, NULL,
			       "file '%s': cannot be opened: %s; put the file of the dump in its place",
			       record->name, strerror(fd < 0 ? -fd : errno));
		return;
	}
	difference = find_difference(restore, record, &found);
	if (!difference && record->n_build_id && restore->options->file_validation == FILE_VALIDATION_BUILD_ID)
		difference = find_build_id_difference(restore, record, fd);
	if (difference)
		restore_refuse(restore, NULL, "file '%s': %s", record->name, difference);
}

int regular_load_record(struct restore *restore, const RegFileEntry *record)
{
	if (restore_is_inherited(restore, inherit_key(record)) || ghost_is(restore, record) ||
	    process_file_is(restore, record) || ended_process_is(restore, record))
		return 0;
	if (record->name[0] != '/' || (record->has_ext && record->ext)) {
		restore_refuse(restore, NULL,
			       "file '%s': it came from outside of the tree; give it by --inherit-fd "
			       "'fd[N]:%s'",
			       record->name, record->name);
		return 0;
	}
	check_file(restore, record);
	return 0;
}

static int regular_load(struct restore *restore, struct file *file)
{
	const RegFileEntry *record = file->record->reg;

	if (!record || !record->name[0])
		return log_fail(-EBADMSG, "files.img: file %u has no name", file->id);
	return regular_load_record(restore, record);
}

/* --- restore: opening --- */

static int open_flags(const RegFileEntry *record)
{
	uint32_t flags = record->flags;

	if (flags & O_PATH) {
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW;
		return (int)flags | O_CLOEXEC | (record->has_mode && S_ISLNK(record->mode) ? O_NOFOLLOW : 0);
	}
	flags &= ~(uint32_t)(O_CREAT | O_EXCL | O_TRUNC | O_ASYNC | O_TMPFILE_ONLY);
	return (int)flags | O_CLOEXEC | O_NOCTTY;
}

/* Files without a place to be set (ESPIPE) have offset 0. */
static int set_offset(int fd, const RegFileEntry *record)
{
	if (record->flags & O_PATH || record->pos > INT64_MAX)
		return 0;
	if (lseek(fd, (off_t)record->pos, SEEK_SET) == (off_t)record->pos || (errno == ESPIPE && !record->pos))
		return 0;
	return log_errno(errno ? errno : EIO, "file '%s': cannot set the offset to %" PRIu64, record->name,
			 record->pos);
}

/* The file may have changed since it was checked. */
static int check_opened(struct restore *restore, int fd, const RegFileEntry *record)
{
	const char *difference;
	struct stat found;

	if (fstat(fd, &found) < 0)
		return log_errno(errno, "file '%s': cannot be looked at", record->name);
	difference = find_difference(restore, record, &found);
	return difference ? log_fail(-ESTALE, "file '%s': %s", record->name, difference) : 0;
}

/* Shared with who gave it: offset and flags are theirs. */
static int take_inherited(struct restore *restore, const RegFileEntry *record, int *ret_fd)
{
	int fd = fcntl(restore_inherited_fd(restore, inherit_key(record)), F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return log_errno(errno, "file '%s': cannot duplicate the inherited descriptor", record->name);
	*ret_fd = fd;
	return 0;
}

int regular_open_record(struct restore *restore, const RegFileEntry *record, int flags, int *ret_fd)
{
	int fd;

	if (restore_is_inherited(restore, inherit_key(record)))
		return restore_reopen_inherited(restore, inherit_key(record), flags, ret_fd);
	if (ghost_is(restore, record))
		return ghost_open(restore, record, flags, ret_fd);
	fd = open(record->name, flags);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* A file opened by 32-bit code without O_LARGEFILE gives nothing beyond 2 GiB; our own calls always set the flag. Of
 * what is only mapped, or a directory of a task, nobody can see it. */
bool regular_is_small(const struct restore *restore, const struct file *file)
{
	return file->held && !(file->record->reg->flags & (LARGE_FILE | O_PATH)) &&
	       kernel_has(restore->kernel, KERNEL_COMPAT_CR);
}

static int drop_large_file(struct restore *restore, const struct file *file, int *fd)
{
	const RegFileEntry *record = file->record->reg;
	int flags = open_flags(record), small;
	char link[32];

	if (!regular_is_small(restore, file) || !((unsigned int)fcntl(*fd, F_GETFL) & LARGE_FILE))
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", *fd);
	small = arch_open_small(flags & O_NOFOLLOW ? record->name : link, flags, 0);
	if (small < 0)
		return small == -EOVERFLOW ? 0 : small; /* has grown meanwhile */
	close(*fd);
	*fd = small;
	return 0;
}

static int open_and_set(struct restore *restore, const struct file *file, int *ret_fd)
{
	const RegFileEntry *record = file->record->reg;
	_cleanup_close_ int fd = -EBADF;
	int ret = regular_open_record(restore, record, open_flags(record), &fd);

	if (ret < 0)
		return log_errno(ret, "file '%s': cannot be opened with flags 0%o", record->name, record->flags);
	ret = drop_large_file(restore, file, &fd);
	if (ret < 0)
		return log_errno(ret, "file '%s': cannot be opened as 32-bit code does", record->name);
	ret = check_opened(restore, fd, record);
	if (ret == 0)
		ret = set_offset(fd, record);
	if (ret == 0)
		*ret_fd = steal_fd(&fd);
	return ret;
}

static int regular_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const RegFileEntry *record = file->record->reg;
	pid_t pid;
	int ret;

	if (restore_is_inherited(restore, inherit_key(record)))
		return take_inherited(restore, record, ret_fd);
	if (process_file_is(restore, record))
		return process_file_reserve(restore, record->name, ret_fd);
	if (!ended_process_is(restore, record))
		return open_and_set(restore, file, ret_fd);
	ret = ended_process_start(restore, record, &pid);
	if (ret < 0)
		return ret;
	ret = open_and_set(restore, file, ret_fd);
	ended_process_stop(pid);
	return ret;
}

static bool is_reserved(const struct restore *restore, const RegFileEntry *record)
{
	return process_file_is(restore, record) && !restore_is_inherited(restore, inherit_key(record));
}

static int regular_reopen(struct restore *restore, struct file *file)
{
	const RegFileEntry *record = file->record->reg;
	_cleanup_close_ int fd = -EBADF;
	int ret;

	if (!is_reserved(restore, record))
		return 0;
	fd = open(record->name, open_flags(record));
	if (fd < 0)
		return log_errno(errno, "file '%s': cannot be opened with flags 0%o", record->name, record->flags);
	ret = check_opened(restore, fd, record);
	if (ret == 0)
		ret = process_file_replace(file, steal_fd(&fd));
	return ret < 0 ? log_errno(ret, "file '%s': cannot be put in its place", record->name) : 0;
}

/* The place in a text that the process has made: now it says what it is to say. */
static int regular_finish(struct restore *restore, struct file *file)
{
	const RegFileEntry *record = file->record->reg;

	return is_reserved(restore, record) ? set_offset(file->fd, record) : 0;
}

static int regular_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	const RegFileEntry *record = file->record->reg;
	int ret = is_reserved(restore, record) ? process_file_fetch(restore, file, fd) : 0;

	if (ret < 0)
		return log_errno(ret, "task %d: descriptor %d ('%s'): cannot be fetched", task->pid, fd,
				 record->name);
	return fd_owner_restore(task, fd, record->fown, record->flags);
}

const struct fd_kind regular_kind = {
	.name = "regular",
	.type = FD_TYPES__REG,
	.matches = regular_matches,
	.survey = regular_survey,
	.dump = regular_dump,
	.load = regular_load,
	.open = regular_open,
	.reopen = regular_reopen,
	.finish = regular_finish,
	.attach = regular_attach,
};
