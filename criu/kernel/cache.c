// SPDX-License-Identifier: GPL-2.0-only
/* criu.kdat: answers of earlier runs since boot. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "criu/kernel/kernel.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"
#include "criu/util/read-file.h"

#define CACHE_NAME "criu.kdat"
#define CACHE_MAGIC 0x74646b63
#define RUN_DIR "/run"
#define BOOT_ID_SIZE 36

/* What the answers hold for, and they. */
struct cache {
	uint32_t magic;
	uint32_t stamp; /* of this build */
	char boot_id[BOOT_ID_SIZE];
	uint32_t user;
	uint32_t capabilities[2];
	uint8_t answers[KERNEL_FEATURE_COUNT];
};

static uint32_t hash(uint32_t seed, const void *data, size_t size)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < size; i++)
		seed = (seed ^ at[i]) * 16777619U;
	return seed;
}

/* The first object is this program itself; the notes of its linker hold an id of its contents. */
static int hash_notes(struct dl_phdr_info *info, size_t size, void *context)
{
	uint32_t *stamp = context;

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];

		if (header->p_type == PT_NOTE)
			*stamp = hash(*stamp, (const void *)(info->dlpi_addr + header->p_vaddr), header->p_memsz);
	}
	return 1;
}

/* With the names of the features, for programs that were linked without an id. */
static uint32_t build_stamp(void)
{
	uint32_t stamp = hash(2166136261U, CRIU_VERSION, sizeof(CRIU_VERSION));

	for (int i = 0; i < KERNEL_FEATURE_COUNT; i++) {
		const char *name = kernel_feature_name((enum kernel_feature)i);

		stamp = hash(stamp, name, strlen(name) + 1);
	}
	dl_iterate_phdr(hash_notes, &stamp);
	return stamp;
}

/* All but the answers. */
static int fill_head(struct cache *ret_cache)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	_cleanup_free_ char *boot_id = NULL;
	struct cache cache = { .magic = CACHE_MAGIC, .stamp = build_stamp(), .user = geteuid() };
	size_t size;
	int ret = read_file_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &boot_id, &size);

	if (ret < 0)
		return ret;
	if (size < BOOT_ID_SIZE)
		return -EINVAL;
	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	memcpy(cache.boot_id, boot_id, BOOT_ID_SIZE);
	cache.capabilities[0] = data[0].effective;
	cache.capabilities[1] = data[1].effective;
	*ret_cache = cache;
	return 0;
}

/* A file which only its owner, who is us, may have written. */
static bool is_trusted(int fd)
{
	struct stat file;

	return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && file.st_uid == geteuid() &&
	       !(file.st_mode & (S_IWGRP | S_IWOTH));
}

int kernel_load_cache_at(struct kernel *kernel, int dir_fd)
{
	_cleanup_close_ int fd = openat(dir_fd, CACHE_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *data = NULL;
	const struct cache *cache;
	struct cache expected;
	size_t size;
	int ret;

	if (fd < 0)
		return -errno;
	if (!is_trusted(fd))
		return -EPERM;
	ret = read_file_fd(fd, sizeof(*cache), &data, &size);
	if (ret == 0)
		ret = fill_head(&expected);
	if (ret < 0)
		return ret;
	cache = (const struct cache *)data;
	if (size != sizeof(*cache) || memcmp(cache, &expected, offsetof(struct cache, answers)))
		return -ESTALE;
	for (int i = 0; i < KERNEL_FEATURE_COUNT; i++) {
		if (kernel->answers[i] == KERNEL_NOT_ASKED && cache->answers[i] == KERNEL_YES)
			kernel->answers[i] = KERNEL_YES;
	}
	return 0;
}

/* Under a name of its own first, so that nobody reads a half. */
static int write_cache(int dir_fd, const struct cache *cache)
{
	char name[64];
	_cleanup_close_ int fd = -EBADF;
	int error = 0;

	snprintf(name, sizeof(name), CACHE_NAME ".%d", getpid());
	unlinkat(dir_fd, name, 0);
	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	errno = ENOSPC;
	if (write(fd, cache, sizeof(*cache)) != sizeof(*cache) || renameat(dir_fd, name, dir_fd, CACHE_NAME) < 0)
		error = -errno;
	if (error < 0)
		unlinkat(dir_fd, name, 0);
	return error;
}

int kernel_save_cache_at(struct kernel *kernel, int dir_fd)
{
	struct cache cache;
	int ret;

	if (!kernel->has_news)
		return 0;
	ret = fill_head(&cache);
	if (ret < 0)
		return ret;
	for (int i = 0; i < KERNEL_FEATURE_COUNT; i++)
		cache.answers[i] = kernel->answers[i] == KERNEL_YES ? KERNEL_YES : KERNEL_NOT_ASKED;
	ret = write_cache(dir_fd, &cache);
	if (ret == 0)
		kernel->has_news = false;
	return ret;
}

/* On any other file system it could outlive the boot. */
static int open_run_dir(void)
{
	const char *path = geteuid() == 0 ? RUN_DIR : secure_getenv("XDG_RUNTIME_DIR");
	_cleanup_close_ int fd = -EBADF;
	struct statfs fs;

	if (!path || *path != '/')
		return -ENOENT;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	if (geteuid() == 0 && fs.f_type != TMPFS_MAGIC)
		return -EOPNOTSUPP;
	return steal_fd(&fd);
}

int kernel_load_cache(struct kernel *kernel)
{
	_cleanup_close_ int dir = open_run_dir();

	return dir < 0 ? dir : kernel_load_cache_at(kernel, dir);
}

int kernel_save_cache(struct kernel *kernel)
{
	_cleanup_close_ int dir = kernel->has_news ? open_run_dir() : -ENOENT;

	if (!kernel->has_news)
		return 0;
	return dir < 0 ? dir : kernel_save_cache_at(kernel, dir);
}
