// SPDX-License-Identifier: GPL-2.0-only
/* Queues of System V messages. MSG_COPY of msgrcv(2) reads messages by their place and leaves them there; they follow
 * the record of their queue. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>

#include "criu/objects/namespace/ipc-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#ifndef MSG_STAT_ANY
#define MSG_STAT_ANY 13
#endif
#define PADDED(size) ROUND_UP((uint64_t)(size), sizeof(uint64_t))

/* What msgrcv(2) fills. */
struct text {
	long type;
	char bytes[];
};

static int queue_last_index(void)
{
	struct msginfo info = {};

	return msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&info);
}

static int queue_read(struct arena *arena, int index, struct ipc_object *ret_object)
{
	struct msqid_ds ds = {};
	int id = msgctl(index, MSG_STAT_ANY, &ds);
	uint32_t *users;

	if (id < 0)
		return -1;
	ipc_desc_from_kernel(&ds.msg_perm, id, &ret_object->desc);
	ipc_msg_entry__init(&ret_object->queue);
	ret_object->queue.qbytes = (uint32_t)ds.msg_qbytes;
	ret_object->queue.qnum = (uint32_t)ds.msg_qnum;
	ret_object->users = users = arena_array(arena, uint32_t, 2);
	ret_object->nr_users = 2;
	users[0] = (uint32_t)ds.msg_lspid;
	users[1] = (uint32_t)ds.msg_lrpid;
	return id;
}

static int write_message(struct image_file *image, const struct text *text, size_t size)
{
	static const char zeros[sizeof(uint64_t)];
	IpcMsg record = IPC_MSG__INIT;
	int error;

	record.mtype = (uint64_t)text->type;
	record.msize = (uint32_t)size;
	error = image_write_record(image, &record.base);
	if (!error)
		error = image_write_bytes(image, text->bytes, size);
	return error < 0 ? error : image_write_bytes(image, zeros, PADDED(size) - size);
}

static int write_messages(const struct ipc_object *object, struct image_file *image, size_t room)
{
	_cleanup_free_ struct text *text = malloc(sizeof(*text) + room);

	if (!text)
		return -ENOMEM;
	for (uint32_t i = 0; i < object->queue.qnum; i++) {
		ssize_t size = msgrcv(object->id, text, room, (long)i, MSG_COPY | IPC_NOWAIT);
		int error = size < 0 ? -errno : write_message(image, text, (size_t)size);

		if (error < 0)
			return error;
	}
	return 0;
}

/* Counted anew: in the namespace of criu others may have been there since the survey. */
static int queue_write(struct dump *dump, struct ipc_object *object, struct image_file *image)
{
	struct msqid_ds ds = {};
	int error;

	if (msgctl(object->id, IPC_STAT, &ds) < 0)
		return -errno;
	object->queue.qnum = (uint32_t)ds.msg_qnum;
	object->queue.desc = &object->desc;
	object->queue.users = (uint32_t *)object->users;
	object->queue.n_users = object->nr_users;
	error = image_write_record(image, &object->queue.base);
	return error < 0 ? error : write_messages(object, image, ds.__msg_cbytes);
}

static int load_message(struct restore *restore, struct ipc_message *message, struct image_file *image)
{
	_cleanup_message_ ProtobufCMessage *record = NULL;
	int ret = image_read_record(image, &ipc_msg__descriptor, &record);
	uint64_t size;

	if (ret <= 0)
		return ret < 0 ? ret : -EBADMSG;
	message->record = *(const IpcMsg *)record;
	size = PADDED(message->record.msize);
	if (!message->record.mtype || message->record.mtype > INT64_MAX || size > image_bytes_left(image))
		return -EBADMSG;
	message->text = arena_alloc(&restore->arena, sizeof(struct text) + size);
	((struct text *)message->text)->type = (long)message->record.mtype;
	return image_read_bytes(image, ((struct text *)message->text)->bytes, size);
}

static int queue_load(struct restore *restore, struct ipc_object *object, const ProtobufCMessage *message,
		      struct image_file *image)
{
	const IpcMsgEntry *record = (const IpcMsgEntry *)message;
	int error = 0;

	object->desc = *record->desc;
	object->queue = *record;
	object->queue.desc = &object->desc;
	object->nr_users = record->n_users;
	object->users = object->queue.users = arena_copy(&restore->arena, record->users,
							 record->n_users * sizeof(uint32_t));
	/* Each takes two bytes at least: a number out of thin air is found before memory is taken for it. */
	if (record->qnum > image_bytes_left(image) / 2)
		return -EBADMSG;
	object->messages = arena_array(&restore->arena, struct ipc_message, record->qnum);
	for (uint32_t i = 0; !error && i < record->qnum; i++)
		error = load_message(restore, &object->messages[i], image);
	return error;
}

static int queue_create(const struct ipc_object *object)
{
	return msgget((key_t)object->desc.key, IPC_CREAT | IPC_EXCL | (int)(object->desc.mode & 0777));
}

static void drain(const struct ipc_object *object)
{
	struct text none;

	while (msgrcv(object->id, &none, 0, 0, IPC_NOWAIT | MSG_NOERROR) >= 0)
		;
}

static int set_queue(const struct ipc_object *object, unsigned long bytes)
{
	struct msqid_ds ds = { .msg_qbytes = bytes };

	ipc_desc_to_kernel(&object->desc, &ds.msg_perm);
	return msgctl(object->id, IPC_SET, &ds) < 0 ? -errno : 0;
}

/* More can be in a queue than it takes now. The right to widen one is needed only then. */
static int make_room(const struct ipc_object *object)
{
	uint64_t bytes = object->queue.qnum;
	struct msqid_ds ds = {};

	for (uint32_t i = 0; i < object->queue.qnum; i++)
		bytes += object->messages[i].record.msize;
	if (msgctl(object->id, IPC_STAT, &ds) < 0)
		return -errno;
	return bytes > ds.msg_qbytes ? set_queue(object, bytes) : 0;
}

static int queue_fill(struct restore *restore, const struct ipc_object *object)
{
	int error;

	drain(object);
	error = make_room(object);
	for (uint32_t i = 0; !error && i < object->queue.qnum; i++)
		if (msgsnd(object->id, object->messages[i].text, object->messages[i].record.msize, IPC_NOWAIT) < 0)
			error = -errno;
	return error < 0 ? error : set_queue(object, object->queue.qbytes);
}

static bool queue_same(const struct ipc_object *a, const struct ipc_object *b)
{
	return true;
}

static int queue_remove(int id)
{
	return msgctl(id, IPC_RMID, NULL);
}

const struct ipc_sort_ops ipc_queue_ops = {
	.name = "message queue",
	.next_id = "kernel/msg_next_id",
	.image = IMAGE_IPCNS_MSG,
	.read = queue_read,
	.last_index = queue_last_index,
	.write = queue_write,
	.load = queue_load,
	.create = queue_create,
	.fill = queue_fill,
	.same = queue_same,
	.remove = queue_remove,
};
