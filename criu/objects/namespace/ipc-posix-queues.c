// SPDX-License-Identifier: GPL-2.0-only
/* POSIX message queues in an IPC namespace of the tree's own: they go with it, also those that nobody has open. These are
 * in an image of the namespace; the others are with their descriptors (criu/objects/fd/mqueue.c). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/image/file.h"
#include "criu/model/dump.h"
#include "criu/model/namespace.h"
#include "criu/objects/fd/mqueue.h"
#include "criu/objects/namespace/ipc-internal.h"
#include "criu/objects/namespace/ipc.h"
#include "criu/objects/namespace/namespaces.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* Of a run, by id of the namespace. */
static const char device_key;

struct device {
	bool known;
	dev_t number;
};

/* What is done with each queue, in its namespace. */
typedef int (*queue_function)(struct dump *dump, const struct mqueue *queue, void *context);

/* The file system of queues of the namespace that we are in, mounted nowhere. */
static int open_file_system(void)
{
	_cleanup_close_ int context = (int)syscall(SYS_fsopen, "mqueue", FSOPEN_CLOEXEC);
	_cleanup_close_ int mount = -EBADF;
	int directory;

	if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	directory = mount < 0 ? -1 : openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return directory < 0 ? -errno : directory;
}

static int read_device(struct device *device)
{
	_cleanup_close_ int directory = open_file_system();
	struct stat stat;

	if (directory < 0 || fstat(directory, &stat) < 0)
		return log_errno(directory < 0 ? directory : errno,
				 "the file system of message queues of the tree cannot be looked at");
	*device = (struct device){ true, stat.st_dev };
	return 0;
}

int ipc_queues_device(struct dump *dump, const struct namespace *namespace, dev_t *ret_device)
{
	struct device *device = kind_state_get(&dump->kind_state, &dump->arena, &device_key, namespace->id,
					       sizeof(*device), NULL);
	int back, error = 0, left;

	if (!device->known) {
		error = namespace_enter(namespace, &back);
		if (error < 0)
			return error;
		error = read_device(device);
		left = namespace_leave(namespace, back);
		error = error < 0 ? error : left;
	}
	*ret_device = device->number;
	return error;
}

/* --- dump --- */

static int do_queue(struct dump *dump, const struct namespace *namespace, int directory, const char *name,
		    queue_function function, void *context)
{
	_cleanup_close_ int fd = openat(directory, name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct mqueue queue = {
		.task = namespace->first,
		.what = arena_printf(&dump->arena, "message queue '/%s' of its IPC namespace", name),
		.name = arena_strdup(&dump->arena, name),
		.fd = fd,
	};

	if (fd < 0 || fstat(fd, &queue.stat) < 0)
		return log_errno(errno, "task %d: %s: cannot be opened", queue.task->pid, queue.what);
	return function(dump, &queue, context);
}

static int for_each_queue(struct dump *dump, const struct namespace *namespace, queue_function function, void *context)
{
	_cleanup_close_ int directory = open_file_system();
	_cleanup_closedir_ DIR *queues = NULL;
	const struct dirent *entry;
	int error = 0, list;

	if (directory == -ENODEV)
		return 0;
	list = directory < 0 ? -1 : openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	queues = list < 0 ? NULL : fdopendir(list);
	if (!queues)
		return log_errno(directory < 0 ? directory : errno, "message queues of the tree cannot be listed");
	while (!error && (entry = readdir(queues)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			error = do_queue(dump, namespace, directory, entry->d_name, function, context);
	return error;
}

static int survey_queue(struct dump *dump, const struct mqueue *queue, void *context)
{
	return mqueue_survey_queue(dump, queue);
}

int ipc_posix_queues_survey(struct dump *dump, const struct namespace *namespace)
{
	return namespace->own ? for_each_queue(dump, namespace, survey_queue, NULL) : 0;
}

static int dump_unopened(struct dump *dump, const struct mqueue *queue, void *context)
{
	struct image_file *image = context;
	MqueueEntry record;
	int error;

	if (mqueue_is_open(dump, &queue->stat))
		return 0;
	error = mqueue_dump_queue(dump, queue, &record);
	if (error < 0)
		return error;
	error = image_write_record(image, &record.base);
	return error < 0 ? log_errno(error, "task %d: %s: cannot be written", queue->task->pid, queue->what) : 0;
}

int ipc_posix_queues_dump(struct dump *dump, const struct namespace *namespace)
{
	struct image_file *image = NULL;
	int error = image_create_list(dump->images, IMAGE_IPCNS_MQUEUE, namespace->id, &image), close_error;

	if (error < 0)
		return log_errno(error, "image of message queues: cannot be created");
	error = for_each_queue(dump, namespace, dump_unopened, image);
	close_error = image_close(image);
	if (!error && close_error)
		error = log_errno(close_error, "image of message queues: cannot be written");
	return error;
}

/* --- restore --- */

typedef int (*record_function)(struct restore *restore, const MqueueEntry *record);

/* Twice: records can be large, and are not kept. */
static int for_each_record(struct restore *restore, const struct namespace *namespace, record_function function)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_open(restore->images, IMAGE_IPCNS_MQUEUE, namespace->id, &image);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return log_errno(ret, "image of message queues: cannot be opened");
	while (true) {
		_cleanup_message_ ProtobufCMessage *message = NULL;

		ret = image_read_record(image, NULL, &message);
		if (ret < 0)
			return log_errno(ret, "image '%s' cannot be read", image_name(image));
		if (ret == 0)
			return 0;
		ret = function(restore, (const MqueueEntry *)message);
		if (ret < 0)
			return ret;
	}
}

static int check_record(struct restore *restore, const MqueueEntry *record)
{
	if (!mqueue_is_proper(record) || record->deleted)
		return log_fail(-EBADMSG, "image of message queues: '%s' is no proper one that nobody has open",
				record->name);
	return 0;
}

int ipc_posix_queues_load(struct restore *restore, const struct namespace *namespace)
{
	return namespace->own ? for_each_record(restore, namespace, check_record) : 0;
}

int ipc_posix_queues_fill(struct restore *restore, const struct namespace *namespace)
{
	return namespace->own ? for_each_record(restore, namespace, mqueue_make_unopened) : 0;
}
