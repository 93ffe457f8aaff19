// SPDX-License-Identifier: GPL-2.0-only
/* Sets of System V semaphores: values, and who changed each last. Values follow the record, 16 bits each. */
#include <errno.h>
#include <sys/sem.h>

#include "criu/objects/namespace/ipc-internal.h"
#include "criu/util/macros.h"

#define SEMAPHORES_MAX 32000 /* SEMMSL_MAX, ipc/sem.c */
#define VALUE_MAX 32767	     /* SEMVMX */
#define PADDED(nr) ROUND_UP((nr) * sizeof(uint16_t), sizeof(uint64_t))

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

static int set_last_index(void)
{
	struct seminfo info = {};

	return semctl(0, 0, SEM_INFO, (union semun){ .info = &info }) < 0 || !info.semusz
		       ? -1
		       : semctl(0, 0, SEM_INFO, (union semun){ .info = &info });
}

static int set_read(struct arena *arena, int index, struct ipc_object *ret_object)
{
	struct semid_ds ds = {};
	int id = semctl(index, 0, SEM_STAT_ANY, (union semun){ .buf = &ds });
	uint32_t *users;

	if (id < 0)
		return -1;
	ipc_desc_from_kernel(&ds.sem_perm, id, &ret_object->desc);
	ipc_sem_entry__init(&ret_object->set);
	ret_object->set.nsems = (uint32_t)ds.sem_nsems;
	ret_object->set.has_operated = true;
	ret_object->set.operated = ds.sem_otime != 0;
	ret_object->users = users = arena_array(arena, uint32_t, ds.sem_nsems);
	ret_object->nr_users = ds.sem_nsems;
	for (unsigned int i = 0; i < ds.sem_nsems; i++) {
		int pid = semctl(id, (int)i, GETPID);

		users[i] = pid > 0 ? (uint32_t)pid : 0;
	}
	return id;
}

static int set_write(struct dump *dump, struct ipc_object *object, struct image_file *image)
{
	size_t size = PADDED(object->set.nsems);
	uint16_t *values = arena_alloc(&dump->arena, size);
	int error;

	if (semctl(object->id, 0, GETALL, (union semun){ .array = values }) < 0)
		return -errno;
	object->set.desc = &object->desc;
	object->set.users = (uint32_t *)object->users;
	object->set.n_users = object->nr_users;
	error = image_write_record(image, &object->set.base);
	return error < 0 ? error : image_write_bytes(image, values, size);
}

static int set_load(struct restore *restore, struct ipc_object *object, const ProtobufCMessage *message,
		    struct image_file *image)
{
	const IpcSemEntry *record = (const IpcSemEntry *)message;
	uint32_t nr = record->nsems;
	int error;

	object->desc = *record->desc;
	object->set = *record;
	object->set.desc = &object->desc;
	if (!nr || nr > SEMAPHORES_MAX || (record->n_users && record->n_users != nr))
		return -EBADMSG;
	object->users = object->set.users = arena_copy(&restore->arena, record->users,
						       record->n_users * sizeof(uint32_t));
	object->nr_users = record->n_users;
	object->values = arena_alloc(&restore->arena, PADDED(nr));
	error = image_read_bytes(image, object->values, PADDED(nr));
	for (uint32_t i = 0; !error && i < nr; i++)
		if (object->values[i] > VALUE_MAX)
			error = -EBADMSG;
	return error;
}

static int set_create(const struct ipc_object *object)
{
	return semget((key_t)object->desc.key, (int)object->set.nsems,
		      IPC_CREAT | IPC_EXCL | (int)(object->desc.mode & 0777));
}

/* Who opens a set may wait until somebody has used it for the first time (sem_otime), as its maker has given it its values
 * then. Changes nothing. */
static int operate(const struct ipc_object *object)
{
	struct sembuf nothing[] = { { .sem_op = -1, .sem_flg = IPC_NOWAIT },
				    { .sem_op = 1, .sem_flg = IPC_NOWAIT } };

	if (object->values[0])
		return semop(object->id, nothing, ARRAY_SIZE(nothing));
	nothing[0].sem_op = 0;
	return semop(object->id, nothing, 1);
}

static int set_fill(struct restore *restore, const struct ipc_object *object)
{
	struct semid_ds ds = {};

	ipc_desc_to_kernel(&object->desc, &ds.sem_perm);
	if (semctl(object->id, 0, SETALL, (union semun){ .array = object->values }) < 0 ||
	    semctl(object->id, 0, IPC_SET, (union semun){ .buf = &ds }) < 0 ||
	    (object->set.operated && operate(object) < 0))
		return -errno;
	return 0;
}

static bool set_same(const struct ipc_object *a, const struct ipc_object *b)
{
	return a->set.nsems == b->set.nsems;
}

static int set_remove(int id)
{
	return semctl(id, 0, IPC_RMID);
}

const struct ipc_sort_ops ipc_set_ops = {
	.name = "semaphore set",
	.next_id = "kernel/sem_next_id",
	.image = IMAGE_IPCNS_SEM,
	.read = set_read,
	.last_index = set_last_index,
	.write = set_write,
	.load = set_load,
	.create = set_create,
	.fill = set_fill,
	.same = set_same,
	.remove = set_remove,
};
