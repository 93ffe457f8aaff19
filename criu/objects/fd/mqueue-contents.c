// SPDX-License-Identifier: GPL-2.0-only
/* Messages of POSIX message queues. There is no way to look at one but to receive it (mq_receive(3)). So all of them are
 * received into memory that is shared with a second process, which is to go on where we were should we be killed, and
 * sent again. What was received last, but not noted yet, is known from what the queue tells: how many messages it has,
 * and how many bytes these are. A system call that has taken a message out of the queue also puts it into our memory,
 * which is there already: nothing can be lost in between. */
#include <errno.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "criu/objects/fd/mqueue-internal.h"
#include "criu/util/arena.h"
#include "criu/util/guardian.h"
#include "criu/util/macros.h"

#define TEXT_SIZE 128

enum phase { PHASE_TAKE, PHASE_PUT, PHASE_DONE };

struct item {
	uint32_t priority, length;
};

/* In shared memory: the work, and how far it is. */
struct rotation {
	int fd;
	uint32_t phase;
	uint32_t nr, taken, put;
	uint64_t bytes; /* of all */
	uint32_t message_size;
	struct timespec times[2];
	struct item items[];
};

int mqueue_read_text(int fd, const struct stat *times, struct mqueue_text *ret_text)
{
	const struct timespec old[2] = { times->st_atim, times->st_mtim };
	char text[TEXT_SIZE];
	ssize_t size = pread(fd, text, sizeof(text) - 1, 0);
	unsigned long bytes;

	if (size < 0 || futimens(fd, old) < 0)
		return -errno;
	text[size] = '\0';
	if (sscanf(text, "QSIZE:%lu NOTIFY:%d SIGNO:%d NOTIFY_PID:%d", &bytes, &ret_text->notify,
		   &ret_text->notify_signal, &ret_text->notify_pid) != 4)
		return -EBADMSG;
	ret_text->bytes = bytes;
	return 0;
}

/* --- rotation --- */

static char *data_of(struct rotation *rotation)
{
	return (char *)&rotation->items[rotation->nr];
}

static size_t rotation_size(uint32_t nr, uint64_t bytes, uint32_t message_size)
{
	return sizeof(struct rotation) + nr * sizeof(struct item) + bytes + message_size;
}

static uint64_t bytes_taken(const struct rotation *rotation)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < rotation->taken; i++)
		bytes += rotation->items[i].length;
	return bytes;
}

/* Lengths are noted before the number of messages is. */
static void note(uint32_t *number, uint32_t value)
{
	__atomic_store_n(number, value, __ATOMIC_SEQ_CST);
}

/* What the one who was at it before us has done, but not noted. */
static int catch_up(struct rotation *rotation)
{
	struct mqueue_text text;
	struct stat times = { .st_atim = rotation->times[0], .st_mtim = rotation->times[1] };
	struct mq_attr now;
	int ret;

	if (mq_getattr(rotation->fd, &now) < 0)
		return -errno;
	if (rotation->phase == PHASE_PUT) {
		rotation->put = MIN((uint32_t)now.mq_curmsgs, rotation->taken);
		return 0;
	}
	if (rotation->phase != PHASE_TAKE || rotation->taken + (uint32_t)now.mq_curmsgs >= rotation->nr)
		return 0;
	ret = mqueue_read_text(rotation->fd, &times, &text);
	if (ret < 0)
		return ret;
	rotation->items[rotation->taken].length = (uint32_t)(rotation->bytes - text.bytes - bytes_taken(rotation));
	note(&rotation->taken, rotation->taken + 1);
	return 0;
}

/* Ends early if somebody else, who can only have come just now, takes part. */
static int take_all(struct rotation *rotation)
{
	uint64_t at = bytes_taken(rotation);

	while (rotation->taken < rotation->nr) {
		struct item *item = &rotation->items[rotation->taken];
		ssize_t length;

		if (at > rotation->bytes)
			return -ESTALE;
		length = mq_receive(rotation->fd, data_of(rotation) + at, rotation->message_size, &item->priority);
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return errno == EAGAIN ? 0 : -errno;
		item->length = (uint32_t)length;
		at += (uint64_t)length;
		note(&rotation->taken, rotation->taken + 1);
	}
	return 0;
}

static int put_all(struct rotation *rotation)
{
	const char *data = data_of(rotation);

	for (uint32_t i = 0; i < rotation->put; i++)
		data += rotation->items[i].length;
	while (rotation->put < rotation->taken) {
		const struct item *item = &rotation->items[rotation->put];

		if (mq_send(rotation->fd, data, item->length, item->priority) < 0) {
			if (errno == EINTR || errno == ENOMEM)
				continue;
			return -errno;
		}
		data += item->length;
		note(&rotation->put, rotation->put + 1);
	}
	return 0;
}

/* From wherever it is to its end. What was taken is put back in any case. */
static int rotate(struct rotation *rotation)
{
	int error = 0, ret;

	if (rotation->phase == PHASE_TAKE) {
		error = take_all(rotation);
		note(&rotation->phase, PHASE_PUT);
	}
	ret = put_all(rotation);
	if (ret == 0) {
		note(&rotation->phase, PHASE_DONE);
		ret = futimens(rotation->fd, rotation->times) < 0 ? -errno : 0;
	}
	return ret < 0 ? ret : error;
}

/* --- the process that holds back our end --- */

static void finish_rotation(void *argument)
{
	struct rotation *rotation = argument;

	if (rotation->phase != PHASE_DONE && catch_up(rotation) == 0)
		rotate(rotation);
}

static struct rotation *new_rotation(int fd, const struct stat *times, const struct mq_attr *attributes,
				     uint64_t bytes)
{
	uint32_t nr = (uint32_t)attributes->mq_curmsgs, size = (uint32_t)attributes->mq_msgsize;
	struct rotation *rotation = mmap(NULL, rotation_size(nr, bytes, size), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (rotation == MAP_FAILED)
		return NULL;
	rotation->fd = fd;
	rotation->nr = nr;
	rotation->bytes = bytes;
	rotation->message_size = size;
	rotation->times[0] = times->st_atim;
	rotation->times[1] = times->st_mtim;
	return rotation;
}

static void copy_messages(struct rotation *rotation, struct arena *arena, MqueueEntry *queue)
{
	const char *data = data_of(rotation);

	queue->n_messages = rotation->taken;
	queue->messages = arena_array(arena, MqueueMessage *, rotation->taken);
	for (uint32_t i = 0; i < rotation->taken; i++) {
		MqueueMessage *message = arena_new(arena, MqueueMessage);

		mqueue_message__init(message);
		message->priority = rotation->items[i].priority;
		message->data.len = rotation->items[i].length;
		message->data.data = arena_copy(arena, data, message->data.len);
		data += message->data.len;
		queue->messages[i] = message;
	}
}

int mqueue_read_messages(int fd, const struct stat *times, struct arena *arena, MqueueEntry *ret_queue)
{
	struct mqueue_text text = { 0 };
	struct mq_attr attributes = { 0 };
	struct rotation *rotation;
	pid_t holder = 0;
	int ret = mqueue_read_text(fd, times, &text);

	if (ret < 0 || mq_getattr(fd, &attributes) < 0)
		return ret < 0 ? ret : -errno;
	if (!attributes.mq_curmsgs)
		return 0;
	rotation = new_rotation(fd, times, &attributes, text.bytes);
	if (!rotation)
		return -ENOMEM;
	ret = guardian_start_holder(finish_rotation, rotation, &holder);
	if (ret == 0) {
		ret = rotate(rotation);
		copy_messages(rotation, arena, ret_queue);
	}
	guardian_end_holder(holder);
	munmap(rotation, rotation_size(rotation->nr, rotation->bytes, rotation->message_size));
	return ret;
}

int mqueue_write_messages(int fd, const MqueueEntry *queue)
{
	for (size_t i = 0; i < queue->n_messages; i++) {
		const MqueueMessage *message = queue->messages[i];

		if (mq_send(fd, (const char *)message->data.data, message->data.len, message->priority) < 0)
			return -errno;
	}
	return 0;
}
