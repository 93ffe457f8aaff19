// SPDX-License-Identifier: GPL-2.0-only
/* Restore of memory objects: anonymous ones, memfds, and those that the caller gives. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "criu/objects/inherit.h"
#include "criu/objects/memory/memory.h"
#include "criu/objects/memory/shared-memory.h"
#include "criu/pages/image-source.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#define MFD_EXEC 0x0010U
#endif
#define ANONYMOUS_NAME "/dev/zero"
#define MAY_EXECUTE 0111
#define FILL_SIZE (8UL << 20)
#define ADVICE_POPULATE_WRITE 23 /* MADV_POPULATE_WRITE, from 5.14 on */

/* The same bits in flags of memfd_create() and of mmap(). */
static uint32_t huge_size_code(const MemfdInodeEntry *record)
{
	return record->hugetlb_flag & ~(uint32_t)MFD_HUGETLB;
}

static bool is_anonymous(const struct shared_memory *object)
{
	return !strcmp(object->name, ANONYMOUS_NAME) && object->size && object->size % PAGE_SIZE == 0;
}

/* The object behind a shared anonymous mapping, as a descriptor. Without the right to open map_files: none. */
static int create_anonymous(const struct shared_memory *object, int *ret_fd)
{
	int huge = object->record->hugetlb_flag ? MAP_HUGETLB | (int)huge_size_code(object->record) : 0;
	void *memory = mmap(NULL, object->size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | huge, -1, 0);
	char link[96];
	int fd, error;

	if (memory == MAP_FAILED)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/map_files/%" PRIxPTR "-%" PRIxPTR, (uintptr_t)memory,
		 (uintptr_t)memory + object->size);
	fd = open(link, O_RDWR | O_CLOEXEC);
	error = fd < 0 ? -errno : 0;
	munmap(memory, object->size);
	if (error == 0)
		*ret_fd = fd;
	return error;
}

/* Since Linux 6.3 a memfd is made to be executed or not; what is not asked for is up to vm.memfd_noexec. */
static unsigned int execution_flag(const MemfdInodeEntry *record)
{
	return record->seals & F_SEAL_EXEC && !(record->mode & MAY_EXECUTE) ? MFD_NOEXEC_SEAL : MFD_EXEC;
}

static int create_memfd(const struct shared_memory *object, int *ret_fd)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING | object->record->hugetlb_flag;
	_cleanup_close_ int fd = memfd_create(object->name, flags | execution_flag(object->record));

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(object->name, flags);
	if (fd < 0 && errno == EACCES)
		return log_errno(EACCES,
				 "memfd '%s' can be executed, which this machine does not allow: lower "
				 "vm.memfd_noexec",
				 object->name);
	if (fd < 0 || ftruncate(fd, (off_t)object->size) < 0)
		return -errno;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int fill_run(struct page_source *pages, const struct page_run *run, uint8_t *memory)
{
	for (uint64_t at = run->start; at < run->end; at += FILL_SIZE) {
		struct page_run part = { .start = at, .end = MIN(run->end, at + FILL_SIZE) };
		int error;

		madvise(memory + at, part.end - at, ADVICE_POPULATE_WRITE);
		error = pages->ops->read(pages, &part, 1, memory + at);
		if (error < 0)
			return error;
	}
	return 0;
}

int shared_memory_read_pages(struct restore *restore, uint64_t id, uint64_t size, uint8_t *memory)
{
	_cleanup_page_source_ struct page_source *pages = NULL;
	const struct page_map *map;
	int error = page_image_source_open(restore->images, IMAGE_SHMEM_PAGEMAP, id,
					   ROUND_UP(size, PAGE_SIZE), &pages);

	if (error < 0)
		return error == -ENOENT ? 0 : error;
	map = page_image_source_map(pages);
	for (size_t i = 0; error == 0 && i < map->count; i++) {
		error = fill_run(pages, &map->runs[i], memory);
		restore->stats.pages_restored += page_run_pages(&map->runs[i]);
	}
	return error;
}

static int fill_object(struct restore *restore, const struct shared_memory *object, int fd)
{
	uint64_t size = ROUND_UP(object->size, PAGE_SIZE);
	uint8_t *memory;
	int error;

	if (!size)
		return 0;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	error = shared_memory_read_pages(restore, object->id, object->size, memory);
	munmap(memory, size);
	return error;
}

/* What is sealed against writing in the future may be mapped for writing from before; and nothing can be sealed any more
 * behind F_SEAL_SEAL. */
static uint32_t late_seals(const MemfdInodeEntry *record)
{
	return record->seals & F_SEAL_FUTURE_WRITE ? record->seals & (F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) : 0;
}

static int set_attributes(const struct shared_memory *object, int fd)
{
	const MemfdInodeEntry *record = object->record;
	uint32_t wanted = record->seals & ~late_seals(record);
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_uid != record->uid || st.st_gid != record->gid) && fchown(fd, record->uid, record->gid) < 0)
		return -errno;
	if (record->has_mode && (st.st_mode & 07777) != (record->mode & 07777) &&
	    fchmod(fd, record->mode & 07777) < 0)
		return -errno;
	if (seals >= 0 && ((uint32_t)seals & wanted) != wanted && fcntl(fd, F_ADD_SEALS, wanted) < 0)
		return -errno;
	return 0;
}

static int make_object(struct restore *restore, const struct shared_memory *object, int *ret_fd)
{
	_cleanup_close_ int fd = -EBADF;
	int error = is_anonymous(object) ? create_anonymous(object, &fd) : -ENOENT;

	if (error < 0)
		error = create_memfd(object, &fd);
	if (error < 0)
		return log_errno(error, "cannot create shared memory '%s' of %" PRIu64 " bytes", object->name,
				 object->size);
	error = fill_object(restore, object, fd);
	if (error < 0)
		return log_errno(error, "cannot fill shared memory '%s' from 'pagemap-shmem-%" PRIu64 ".img'",
				 object->name, object->id);
	error = set_attributes(object, fd);
	if (error < 0)
		return log_errno(error, "cannot set owner, mode and seals of shared memory '%s'", object->name);
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* What it holds, and its seals, are those of who gave it. */
static int take_inherited(const struct restore *restore, const struct shared_memory *object, int *ret_fd)
{
	int error = restore_reopen_inherited(restore, object->inherit_key, O_RDWR, ret_fd);

	return error < 0 ? log_errno(error, "memfd '%s': the inherited descriptor cannot be opened again",
				     object->name)
			 : 0;
}

int shared_memory_make_object(struct restore *restore, struct shared_memory *object)
{
	int fd = -EBADF, error;

	object->inherited = restore_is_inherited(restore, object->inherit_key);
	error = object->inherited ? take_inherited(restore, object, &fd) : make_object(restore, object, &fd);
	if (error < 0)
		return error;
	object->fd = restore_service_fd(restore, fd);
	return object->fd < 0 ? log_errno(object->fd, "no descriptor for shared memory '%s'", object->name) : 0;
}

int shared_memory_seal_late(const struct shared_memory *object)
{
	uint32_t seals = late_seals(object->record);
	int found;

	if (object->inherited || is_anonymous(object))
		return 0;
	if (seals && fcntl(object->fd, F_ADD_SEALS, seals) < 0)
		return log_errno(errno, "cannot seal memfd '%s'", object->name);
	found = fcntl(object->fd, F_GET_SEALS);
	if (found >= 0 && (uint32_t)found != object->record->seals)
		return log_fail(-EPERM, "memfd '%s' has seals 0x%x instead of 0x%x", object->name,
				(unsigned int)found, object->record->seals);
	return 0;
}
