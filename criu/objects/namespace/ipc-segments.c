// SPDX-License-Identifier: GPL-2.0-only
/* Segments of System V shared memory. Contents are read through a mapping that a task has, or, of one that nobody has
 * attached, through one of our own; they are in pagemap-shmem-ID.img. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/vfs.h>

#include "criu/objects/memory/memory.h"
#include "criu/objects/memory/shared-memory.h"
#include "criu/objects/namespace/ipc-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define HUGE_SHIFT 26 /* SHM_HUGE_SHIFT */
#define LINK_SIZE 96

static int segment_last_index(void)
{
	struct shm_info info = {};

	return shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info);
}

static int segment_read(struct arena *arena, int index, struct ipc_object *ret_object)
{
	struct shmid_ds ds = {};
	int id = shmctl(index, SHM_STAT_ANY, &ds);
	uint32_t *users;

	if (id < 0)
		return -1;
	ipc_desc_from_kernel(&ds.shm_perm, id, &ret_object->desc);
	ipc_shm_entry__init(&ret_object->segment);
	ret_object->segment.size = ds.shm_segsz;
	ret_object->nr_attached = ds.shm_nattch;
	ret_object->users = users = arena_array(arena, uint32_t, 2);
	ret_object->nr_users = 2;
	users[0] = (uint32_t)ds.shm_cpid;
	users[1] = (uint32_t)ds.shm_lpid;
	return id;
}

/* --- dump --- */

static int open_attached(const struct ipc_object *object)
{
	char link[MAPPING_LINK_SIZE];
	int fd;

	mapping_link(object->mapping, link);
	fd = openat(object->attached->proc_fd, link, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_detached(const struct ipc_object *object)
{
	void *memory = shmat(object->id, NULL, SHM_RDONLY);
	uint64_t start = (uintptr_t)memory, end = ROUND_UP(start + object->segment.size, PAGE_SIZE);
	char link[LINK_SIZE];
	int fd;

	if (memory == (void *)-1)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/map_files/%" PRIx64 "-%" PRIx64, start, end);
	fd = open(link, O_RDONLY | O_CLOEXEC);
	/* Huge pages: the mapping ends with the last of them. */
	if (fd < 0 && errno == ENOENT) {
		end = ROUND_UP(end, UINT64_C(1) << 21);
		snprintf(link, sizeof(link), "/proc/self/map_files/%" PRIx64 "-%" PRIx64, start, end);
		fd = open(link, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0)
		fd = -errno;
	shmdt(memory);
	return fd;
}

/* As shmget(2) takes it; 0: pages of the usual size. */
static uint32_t huge_flag(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0 || (uint32_t)fs.f_type != HUGETLBFS_MAGIC || fs.f_bsize <= 0)
		return 0;
	return SHM_HUGETLB | (uint32_t)__builtin_ctzl((unsigned long)fs.f_bsize) << HUGE_SHIFT;
}

static int segment_write(struct dump *dump, struct ipc_object *object, struct image_file *image)
{
	_cleanup_close_ int fd = object->attached ? open_attached(object) : open_detached(object);
	IpcShmEntry *record = &object->segment;
	int error;

	if (fd < 0)
		return fd;
	record->desc = &object->desc;
	record->has_in_pagemaps = record->in_pagemaps = true;
	record->hugetlb_flag = huge_flag(fd);
	record->has_hugetlb_flag = record->hugetlb_flag != 0;
	record->users = (uint32_t *)object->users;
	record->n_users = object->nr_users;
	error = image_write_record(image, &record->base);
	return error < 0 ? error : shared_memory_write_pages(dump, fd, (uint64_t)object->id, record->size);
}

/* --- restore --- */

static const char *wrong_record(const IpcShmEntry *record)
{
	uint32_t size_bits = record->hugetlb_flag & ~(uint32_t)SHM_HUGETLB;

	if (!record->size || record->size > INT64_MAX - PAGE_SIZE)
		return "its size is impossible";
	if (record->hugetlb_flag && (!(record->hugetlb_flag & SHM_HUGETLB) || size_bits & ((1U << HUGE_SHIFT) - 1)))
		return "its huge pages are impossible";
	return NULL;
}

static int segment_load(struct restore *restore, struct ipc_object *object, const ProtobufCMessage *message,
			struct image_file *image)
{
	const IpcShmEntry *record = (const IpcShmEntry *)message;
	const char *wrong = wrong_record(record);
	uint64_t padded;

	object->desc = *record->desc;
	object->segment = *record;
	object->segment.desc = &object->desc;
	object->segment.users = NULL;
	object->segment.n_users = 0;
	if (wrong)
		return log_fail(-EBADMSG, "image '%s': segment %u: %s", image_name(image), object->desc.id, wrong);
	if (record->in_pagemaps)
		return 0;
	padded = ROUND_UP(record->size, sizeof(uint32_t));
	if (padded > image_bytes_left(image))
		return -EBADMSG;
	object->raw = arena_alloc(&restore->arena, padded);
	return image_read_bytes(image, object->raw, padded);
}

static int segment_create(const struct ipc_object *object)
{
	return shmget((key_t)object->desc.key, object->segment.size,
		      IPC_CREAT | IPC_EXCL | (int)(object->segment.hugetlb_flag | (object->desc.mode & 0777)));
}

static int fill_memory(struct restore *restore, const struct ipc_object *object)
{
	void *memory = shmat(object->id, NULL, 0);
	int error = 0;

	if (memory == (void *)-1)
		return -errno;
	/* What is there already has contents; pages that are zero are not in images. */
	if (object->is_there && madvise(memory, ROUND_UP(object->segment.size, PAGE_SIZE), MADV_REMOVE) < 0)
		memset(memory, 0, object->segment.size);
	if (object->raw)
		memcpy(memory, object->raw, object->segment.size);
	else
		error = shared_memory_read_pages(restore, (uint64_t)object->id, object->segment.size, memory);
	if (shmdt(memory) < 0 && !error)
		error = -errno;
	return error;
}

static int segment_fill(struct restore *restore, const struct ipc_object *object)
{
	struct shmid_ds ds = {};
	int error = fill_memory(restore, object);

	if (error < 0)
		return error;
	ipc_desc_to_kernel(&object->desc, &ds.shm_perm);
	if (shmctl(object->id, IPC_SET, &ds) < 0)
		return -errno;
	if (object->desc.mode & IPC_MODE_LOCKED && shmctl(object->id, SHM_LOCK, NULL) < 0)
		return -errno;
	return 0;
}

static bool segment_same(const struct ipc_object *a, const struct ipc_object *b)
{
	return a->segment.size == b->segment.size;
}

static int segment_remove(int id)
{
	return shmctl(id, IPC_RMID, NULL);
}

const struct ipc_sort_ops ipc_segment_ops = {
	.name = "shared memory segment",
	.next_id = "kernel/shm_next_id",
	.image = IMAGE_IPCNS_SHM,
	.read = segment_read,
	.last_index = segment_last_index,
	.write = segment_write,
	.load = segment_load,
	.create = segment_create,
	.fill = segment_fill,
	.same = segment_same,
	.remove = segment_remove,
};
