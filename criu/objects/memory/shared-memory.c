// SPDX-License-Identifier: GPL-2.0-only
/* Anonymous shared memory and memfds: objects of several tasks, with contents of their own. One record in memfd.img
 * each; anonymous shared memory is a memfd of the name "/dev/zero". */
#include "criu/objects/memory/shared-memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>

#include "criu/objects/memory/memory.h"
#include "criu/pages/file-source.h"
#include "criu/pages/image-sink.h"
#include "criu/pages/image-source.h"
#include "criu/util/log.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#define ANONYMOUS_NAME "/dev/zero"
#define NAME_LENGTH_MAX 249 /* of memfd_create() */
#define FILL_SIZE (8UL << 20)
#define ADVICE_POPULATE_WRITE 23 /* MADV_POPULATE_WRITE, from 5.14 on */
#ifndef MFD_HUGE_SHIFT
#define MFD_HUGE_SHIFT 26
#endif
#define KNOWN_SEALS 0x3fU /* F_SEAL_SEAL to F_SEAL_EXEC */

/* --- dump --- */

static const char taken_key;

void shared_memory_reserve_id(struct dump *dump, uint64_t id)
{
	kind_state_get(&dump->kind_state, &dump->arena, &taken_key, id, 1, NULL);
}

static bool id_is_taken(const struct dump *dump, uint64_t id)
{
	const struct shared_memory *object;

	if (kind_state_find(&dump->kind_state, &taken_key, id))
		return true;
	LIST_FOREACH(object, &dump->shared_memory, link) {
		if (object->id == id)
			return true;
	}
	return false;
}

/* The number of the inode, which readers expect; another one where it does not fit or is not the only one. */
static uint64_t choose_id(const struct dump *dump, ino_t inode)
{
	uint64_t id = inode <= UINT32_MAX ? inode : 1;

	while (!id || id_is_taken(dump, id))
		id = (id + 1) & UINT32_MAX;
	return id;
}

static struct shared_memory *find_known(const struct dump *dump, const struct stat *st)
{
	struct shared_memory *object;

	LIST_FOREACH(object, &dump->shared_memory, link) {
		if (object->dev == st->st_dev && object->inode == st->st_ino)
			return object;
	}
	return NULL;
}

static uint32_t next_inode_id(const struct dump *dump)
{
	const struct shared_memory *object;
	uint32_t id = 0;

	LIST_FOREACH(object, &dump->shared_memory, link)
		id = MAX(id, object->inode_id);
	return id + 1;
}

/* MFD_HUGETLB and the size of its pages; 0: pages of the usual size. */
static uint32_t hugetlb_flag_of(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0 || (uint32_t)fs.f_type != HUGETLBFS_MAGIC || fs.f_bsize <= 0)
		return 0;
	return MFD_HUGETLB | (uint32_t)__builtin_ctzl((unsigned long)fs.f_bsize) << MFD_HUGE_SHIFT;
}

int shared_memory_find(struct dump *dump, const struct task *task, const char *proc_link, const char *name,
		       struct shared_memory **ret_object)
{
	struct shared_memory *object;
	struct stat st;
	int fd;

	if (fstatat(task->proc_fd, proc_link, &st, 0) < 0)
		return log_errno(errno, "task %d: cannot look at '%s' ('%s')", task->pid, proc_link, name);
	object = find_known(dump, &st);
	if (object) {
		*ret_object = object;
		return 0;
	}
	fd = openat(task->proc_fd, proc_link, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return log_errno(errno, "task %d: cannot open '%s' ('%s')", task->pid, proc_link, name);
	object = arena_new(&dump->arena, struct shared_memory);
	object->id = choose_id(dump, st.st_ino);
	object->inode_id = next_inode_id(dump);
	object->dev = st.st_dev;
	object->inode = st.st_ino;
	object->size = (uint64_t)st.st_size;
	object->name = name;
	object->hugetlb_flag = hugetlb_flag_of(fd);
	object->fd = fd;
	LIST_INSERT_HEAD(&dump->shared_memory, object, link);
	*ret_object = object;
	return 0;
}

uint32_t shared_memory_file_id(struct dump *dump, struct shared_memory *object)
{
	if (!object->file_id)
		object->file_id = dump_new_file_id(dump);
	return object->file_id;
}

int shared_memory_seals(const struct shared_memory *object)
{
	int seals = fcntl(object->fd, F_GET_SEALS);

	/* Other file systems know no seals; nothing can be sealed there. */
	return seals < 0 ? F_SEAL_SEAL : seals;
}

static int write_file(struct dump *dump, const struct shared_memory *object)
{
	FownEntry owner = FOWN_ENTRY__INIT;
	MemfdFileEntry memfd = MEMFD_FILE_ENTRY__INIT;
	FileEntry record = FILE_ENTRY__INIT;

	if (!object->file_id)
		return 0;
	record.type = FD_TYPES__MEMFD;
	record.id = memfd.id = object->file_id;
	record.memfd = &memfd;
	memfd.flags = O_RDWR;
	memfd.fown = &owner;
	memfd.inode_id = object->inode_id;
	return dump_write_file(dump, &record);
}

static int write_inode(const struct shared_memory *object, struct image_file *image)
{
	MemfdInodeEntry record = MEMFD_INODE_ENTRY__INIT;
	struct stat st;
	int error;

	if (fstat(object->fd, &st) < 0)
		return log_errno(errno, "shared memory %" PRIu64 " cannot be looked at", object->id);
	record.name = (char *)object->name;
	record.uid = st.st_uid;
	record.gid = st.st_gid;
	record.size = object->size;
	record.shmid = (uint32_t)object->id;
	record.seals = (uint32_t)shared_memory_seals(object);
	record.inode_id = object->inode_id;
	record.has_hugetlb_flag = object->hugetlb_flag;
	record.hugetlb_flag = object->hugetlb_flag;
	record.has_mode = true;
	record.mode = st.st_mode & 07777;
	error = image_write_record(image, &record.base);
	return error < 0 ? log_errno(error, "cannot write to '%s'", image_name(image)) : 0;
}

static int copy_pages(struct dump *dump, int fd, uint64_t size, struct page_sink *sink)
{
	static const struct page_filter *const filters[] = { &page_filter_zero };
	_cleanup_page_source_ struct page_source *source = NULL;
	_cleanup_page_map_ struct page_map map = { 0 };
	struct page_copy copy = {
		.map = &map,
		.filters = filters,
		.nr_filters = ARRAY_SIZE(filters),
		.sink = sink,
		.cancelled = dump->cancelled,
	};
	int error = page_file_map(fd, size, PAGES_PRESENT, &map);

	if (error == 0)
		error = page_file_source_open(fd, &source);
	if (error < 0)
		return error;
	copy.source = source;
	error = page_copy_all(&copy);
	dump->stats.shared_scanned += ROUND_UP(size, PAGE_SIZE) / PAGE_SIZE;
	dump->stats.shared_written += copy.written;
	return error;
}

int shared_memory_write_pages(struct dump *dump, int fd, uint64_t id, uint64_t size)
{
	_cleanup_page_sink_ struct page_sink *sink = NULL;
	int error = page_image_sink_open(dump->images, IMAGE_SHMEM_PAGEMAP, id, ++dump->last_pages_id, &sink);

	if (error == 0)
		error = copy_pages(dump, fd, size, sink);
	return error < 0 ? error : page_sink_finish(steal_pointer(&sink));
}

static int write_pages(struct dump *dump, const struct shared_memory *object)
{
	int error = shared_memory_write_pages(dump, object->fd, object->id, object->size);

	return error < 0 ? log_errno(error, "cannot write the contents of shared memory %" PRIu64 " ('%s')",
				     object->id, object->name)
			 : 0;
}

static int write_object(struct dump *dump, struct shared_memory *object, struct image_file *image)
{
	int error = write_file(dump, object);

	if (error == 0)
		error = write_inode(object, image);
	if (error == 0)
		error = write_pages(dump, object);
	close(object->fd);
	object->fd = -EBADF;
	return error;
}

static int shared_memory_dump(struct dump *dump)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	struct shared_memory *object;
	int error;

	if (LIST_EMPTY(&dump->shared_memory))
		return 0;
	error = image_create(dump->images, IMAGE_MEMFD_INODE, 0, &image);
	if (error < 0)
		return log_errno(error, "cannot create '%s'", "memfd.img");
	LIST_FOREACH(object, &dump->shared_memory, link) {
		error = write_object(dump, object, image);
		if (error < 0)
			return error;
	}
	error = image_close(steal_pointer(&image));
	return error < 0 ? log_errno(error, "cannot write '%s'", "memfd.img") : 0;
}

/* --- restore --- */

struct shared_memory *shared_memory_by_inode(const struct restore *restore, uint32_t inode_id)
{
	struct shared_memory *object;

	LIST_FOREACH(object, &restore->shared_memory, link) {
		if (object->inode_id == inode_id)
			return object;
	}
	return NULL;
}

static const char *wrong_record(const struct restore *restore, const MemfdInodeEntry *record)
{
	if (record->inode_id > UINT32_MAX)
		return "its id is too large";
	if (shared_memory_by_inode(restore, (uint32_t)record->inode_id))
		return "its id occurs twice";
	if (record->size > INT64_MAX - PAGE_SIZE)
		return "its size is impossible";
	if (strlen(record->name) > NAME_LENGTH_MAX)
		return "its name is too long";
	if (record->hugetlb_flag && (record->hugetlb_flag & ((1U << MFD_HUGE_SHIFT) - 1)) != MFD_HUGETLB)
		return "its huge pages are impossible";
	if (record->seals & ~KNOWN_SEALS)
		return "it has seals which this build does not know";
	return NULL;
}

static int load_object(struct restore *restore, const MemfdInodeEntry *record)
{
	struct shared_memory *object = arena_new(&restore->arena, struct shared_memory);
	const char *wrong = wrong_record(restore, record);

	if (wrong)
		return log_fail(-EBADMSG, "image 'memfd.img': object %" PRIu64 ": %s", record->inode_id, wrong);
	if (record->hugetlb_flag && !huge_pages_exist(record->hugetlb_flag >> MFD_HUGE_SHIFT))
		restore_refuse(restore, NULL,
			       "shared memory '%s' has huge pages of 2^%u bytes, which this kernel does not have",
			       record->name, record->hugetlb_flag >> MFD_HUGE_SHIFT);
	object->id = record->shmid;
	object->inode_id = (uint32_t)record->inode_id;
	object->size = record->size;
	object->name = arena_strdup(&restore->arena, record->name);
	object->record = arena_copy(&restore->arena, record, sizeof(*record));
	object->record->name = (char *)object->name;
	object->fd = object->read_only_fd = -EBADF;
	LIST_INSERT_HEAD(&restore->shared_memory, object, link);
	return 0;
}

static int shared_memory_load(struct restore *restore)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_open(restore->images, IMAGE_MEMFD_INODE, 0, &image);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return log_errno(ret, "cannot open image '%s'", "memfd.img");
	while (true) {
		_cleanup_message_ ProtobufCMessage *message = NULL;

		ret = image_read_record(image, NULL, &message);
		if (ret < 0)
			return log_errno(ret, "cannot read image '%s'", image_name(image));
		if (ret == 0)
			return 0;
		ret = load_object(restore, (MemfdInodeEntry *)message);
		if (ret < 0)
			return ret;
	}
}

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

static int create_memfd(const struct shared_memory *object, int *ret_fd)
{
	_cleanup_close_ int fd = memfd_create(object->name,
					      MFD_CLOEXEC | MFD_ALLOW_SEALING | object->record->hugetlb_flag);

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

static int make_object(struct restore *restore, struct shared_memory *object)
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
	object->fd = restore_service_fd(restore, steal_fd(&fd));
	return object->fd < 0 ? log_errno(object->fd, "no descriptor for shared memory '%s'", object->name) : 0;
}

static int shared_memory_make(struct restore *restore)
{
	struct shared_memory *object;

	LIST_FOREACH(object, &restore->shared_memory, link) {
		int error = make_object(restore, object);

		if (error < 0)
			return error;
	}
	return 0;
}

static int shared_memory_finish(struct restore *restore)
{
	const struct shared_memory *object;

	LIST_FOREACH(object, &restore->shared_memory, link) {
		uint32_t seals = late_seals(object->record);

		if (seals && fcntl(object->fd, F_ADD_SEALS, seals) < 0)
			return log_errno(errno, "cannot seal shared memory '%s'", object->name);
	}
	return 0;
}

int shared_memory_fd(struct restore *restore, struct shared_memory *object, bool writable, int *ret_fd)
{
	if (object->fd < 0)
		return -EBADF;
	if (!writable && object->read_only_fd < 0) {
		char link[32];
		int fd;

		snprintf(link, sizeof(link), "/proc/self/fd/%d", object->fd);
		fd = open(link, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		fd = restore_service_fd(restore, fd);
		if (fd < 0)
			return fd;
		object->read_only_fd = fd;
	}
	*ret_fd = writable ? object->fd : object->read_only_fd;
	return 0;
}

const struct global_kind shared_memory_kind = {
	.name = "shared-memory",
	.dump = shared_memory_dump,
	.load = shared_memory_load,
	.make = shared_memory_make,
	.finish = shared_memory_finish,
};
