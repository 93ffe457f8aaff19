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

#include "criu/objects/inherit.h"
#include "criu/objects/memory/memory.h"
#include "criu/pages/file-source.h"
#include "criu/pages/image-sink.h"
#include "criu/pages/image-source.h"
#include "criu/util/log.h"

#define NAME_LENGTH_MAX 249 /* of memfd_create() */
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

uint32_t shared_memory_program_id(struct dump *dump, struct shared_memory *object)
{
	if (!object->program_id)
		object->program_id = dump_new_file_id(dump);
	return object->program_id;
}

int shared_memory_seals(const struct shared_memory *object)
{
	int seals = fcntl(object->fd, F_GET_SEALS);

	/* Other file systems know no seals; nothing can be sealed there. */
	return seals < 0 ? F_SEAL_SEAL : seals;
}

static int write_file(struct dump *dump, const struct shared_memory *object, uint32_t id, uint32_t flags)
{
	FownEntry owner = FOWN_ENTRY__INIT;
	MemfdFileEntry memfd = MEMFD_FILE_ENTRY__INIT;
	FileEntry record = FILE_ENTRY__INIT;

	if (!id)
		return 0;
	record.type = FD_TYPES__MEMFD;
	record.id = memfd.id = id;
	record.memfd = &memfd;
	memfd.flags = flags;
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

static int copy_pages(struct dump *dump, int fd, uint64_t size, uint32_t flags, struct page_sink *sink)
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
	int error = page_file_map(fd, size, PAGES_PRESENT | flags, &map);

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

static int write_pages_of(struct dump *dump, int fd, uint64_t id, uint64_t size, uint32_t flags)
{
	_cleanup_page_sink_ struct page_sink *sink = NULL;
	int error = page_image_sink_open(dump->images, IMAGE_SHMEM_PAGEMAP, id, ++dump->last_pages_id, &sink);

	if (error == 0)
		error = copy_pages(dump, fd, size, flags, sink);
	return error < 0 ? error : page_sink_finish(steal_pointer(&sink));
}

int shared_memory_write_pages(struct dump *dump, int fd, uint64_t id, uint64_t size)
{
	return write_pages_of(dump, fd, id, size, 0);
}

static int write_pages(struct dump *dump, const struct shared_memory *object)
{
	int error = write_pages_of(dump, object->fd, object->id, object->size,
				   object->keep_zeros ? PAGES_KEEP_ZERO : 0);

	return error < 0 ? log_errno(error, "cannot write the contents of shared memory %" PRIu64 " ('%s')",
				     object->id, object->name)
			 : 0;
}

static int write_object(struct dump *dump, struct shared_memory *object, struct image_file *image)
{
	int error = write_file(dump, object, object->file_id, O_RDWR);

	if (error == 0)
		error = write_file(dump, object, object->program_id, O_RDONLY);
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

static bool is_named_so(const struct restore *restore, const char *name)
{
	const struct shared_memory *object;

	LIST_FOREACH(object, &restore->shared_memory, link)
		if (!strcmp(object->name, name))
			return true;
	return false;
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
	object->inherit_key = arena_printf(&restore->arena, "/memfd:%s", record->name);
	if (is_named_so(restore, record->name) && restore_is_inherited(restore, object->inherit_key))
		restore_refuse(restore, NULL,
			       "several memfds are called '%s': --inherit-fd 'fd[N]:%s' could be any of them",
			       record->name, object->inherit_key);
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

static int shared_memory_make(struct restore *restore)
{
	struct shared_memory *object;

	LIST_FOREACH(object, &restore->shared_memory, link) {
		int error = shared_memory_make_object(restore, object);

		if (error < 0)
			return error;
	}
	return 0;
}

static int shared_memory_finish(struct restore *restore)
{
	const struct shared_memory *object;

	LIST_FOREACH(object, &restore->shared_memory, link) {
		int error = shared_memory_seal_late(object);

		if (error < 0)
			return error;
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
