// SPDX-License-Identifier: GPL-2.0-only
/* What System V segments, sets and queues have in common: found by index, one list of records in an image each, made
 * with the id they had (/proc/sys/kernel/{shm,sem,msg}_next_id) and by the creator they had. */
#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/objects/namespace/ipc-internal.h"
#include "criu/util/log.h"

#define NUMBER_SIZE 16

static const struct ipc_sort_ops *const sorts[IPC_SORTS] = {
	[IPC_SEGMENTS] = &ipc_segment_ops,
	[IPC_SETS] = &ipc_set_ops,
	[IPC_QUEUES] = &ipc_queue_ops,
};

const struct ipc_sort_ops *ipc_sort_ops(enum ipc_sort sort)
{
	return sorts[sort];
}

void ipc_desc_from_kernel(const struct ipc_perm *perm, int id, IpcDescEntry *ret_desc)
{
	ipc_desc_entry__init(ret_desc);
	ret_desc->key = (uint32_t)perm->__key;
	ret_desc->uid = perm->uid;
	ret_desc->gid = perm->gid;
	ret_desc->cuid = perm->cuid;
	ret_desc->cgid = perm->cgid;
	ret_desc->mode = perm->mode;
	ret_desc->id = (uint32_t)id;
}

void ipc_desc_to_kernel(const IpcDescEntry *desc, struct ipc_perm *ret_perm)
{
	ret_perm->uid = desc->uid;
	ret_perm->gid = desc->gid;
	ret_perm->mode = desc->mode & 0777;
}

static int collect_sort(struct arena *arena, struct ipc_contents *contents, enum ipc_sort sort)
{
	int last = sorts[sort]->last_index();

	for (int index = 0; index <= last; index++) {
		struct ipc_object found = { .sort = sort }, *object;

		found.id = sorts[sort]->read(arena, index, &found);
		if (found.id < 0)
			continue;
		object = arena_copy(arena, &found, sizeof(found));
		TAILQ_INSERT_TAIL(&contents->objects, object, link);
	}
	return 0;
}

int ipc_collect(struct arena *arena, struct ipc_contents *contents)
{
	int error = 0;

	TAILQ_INIT(&contents->objects);
	for (int sort = 0; !error && sort < IPC_SORTS; sort++)
		error = collect_sort(arena, contents, sort);
	return error;
}

struct ipc_object *ipc_find(const struct ipc_contents *contents, enum ipc_sort sort, int id)
{
	struct ipc_object *object;

	TAILQ_FOREACH(object, &contents->objects, link)
		if (object->sort == sort && object->id == id)
			return object;
	return NULL;
}

/* --- dump --- */

int ipc_write_objects(struct dump *dump, const struct namespace *namespace, enum ipc_sort sort)
{
	const struct ipc_contents *contents = namespace->object;
	struct image_file *image = NULL;
	struct ipc_object *object;
	int error = image_create_list(dump->images, sorts[sort]->image, namespace->id, &image), close_error;

	if (error < 0)
		return log_errno(error, "image of %s: cannot be created", sorts[sort]->name);
	TAILQ_FOREACH(object, &contents->objects, link) {
		if (error || object->sort != sort || !object->wanted)
			continue;
		object->desc.id = (uint32_t)object->id;
		object->desc.has_perhaps = object->desc.perhaps = object->perhaps;
		error = sorts[sort]->write(dump, object, image);
		if (error < 0)
			log_errno(error, "%s %d cannot be written to '%s'", sorts[sort]->name, object->id,
				  image_name(image));
	}
	close_error = image_close(image);
	if (!error && close_error)
		error = log_errno(close_error, "image of %s: cannot be written", sorts[sort]->name);
	return error;
}

/* --- restore --- */

static const char *wrong_desc(const struct ipc_contents *contents, const struct ipc_object *object)
{
	uint32_t bits = 0777 | (object->sort == IPC_SEGMENTS ? IPC_MODE_DEST | IPC_MODE_LOCKED : 0);

	if (object->desc.id > INT32_MAX)
		return "its id is impossible";
	if (ipc_find(contents, object->sort, (int)object->desc.id))
		return "its id occurs twice";
	if (object->desc.mode & ~bits)
		return "its mode is impossible";
	return NULL;
}

static int load_object(struct restore *restore, struct ipc_contents *contents, enum ipc_sort sort,
		       const ProtobufCMessage *message, struct image_file *image)
{
	struct ipc_object *object = arena_new(&restore->arena, struct ipc_object);
	const char *wrong;
	int error;

	object->sort = sort;
	error = sorts[sort]->load(restore, object, message, image);
	if (error < 0)
		return log_errno(error, "image '%s': %s %u", image_name(image), sorts[sort]->name,
				 object->desc.id);
	wrong = wrong_desc(contents, object);
	if (wrong)
		return log_fail(-EBADMSG, "image '%s': %s %u: %s", image_name(image), sorts[sort]->name,
				object->desc.id, wrong);
	object->id = (int)object->desc.id;
	TAILQ_INSERT_TAIL(&contents->objects, object, link);
	return 0;
}

int ipc_load_objects(struct restore *restore, const struct namespace *namespace, enum ipc_sort sort)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_open(restore->images, sorts[sort]->image, namespace->id, &image);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return log_errno(ret, "image of %s: cannot be opened", sorts[sort]->name);
	while (true) {
		_cleanup_message_ ProtobufCMessage *message = NULL;

		ret = image_read_record(image, NULL, &message);
		if (ret < 0)
			return log_errno(ret, "image '%s' cannot be read", image_name(image));
		if (ret == 0)
			return 0;
		ret = load_object(restore, namespace->object, sort, message, image);
		if (ret < 0)
			return ret;
	}
}

/* Creators cannot be set: a child becomes who it was. It keeps its capabilities, for huge pages. Its answer is an id, or
 * -errno. */
static void __attribute__((noreturn)) create_as(const struct ipc_object *object, int answer_fd)
{
	const IpcDescEntry *desc = &object->desc;
	int answer = -1;

	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) == 0 &&
	    syscall(SYS_setresgid, -1, (gid_t)desc->cgid, -1) == 0 &&
	    syscall(SYS_setresuid, -1, (uid_t)desc->cuid, -1) == 0)
		answer = sorts[object->sort]->create(object);
	if (answer < 0)
		answer = -errno;
	_exit(write(answer_fd, &answer, sizeof(answer)) != sizeof(answer));
}

static int create_by_child(const struct ipc_object *object)
{
	int pipe_fds[2], answer = -EINTR;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		create_as(object, pipe_fds[1]);
	close(pipe_fds[1]);
	if (pid < 0 || read(pipe_fds[0], &answer, sizeof(answer)) != sizeof(answer))
		answer = pid < 0 ? -errno : -EINTR;
	close(pipe_fds[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return answer;
}

int ipc_make_object(const struct ipc_object *object)
{
	const struct ipc_sort_ops *ops = sorts[object->sort];
	bool by_child = object->desc.cuid != geteuid() || object->desc.cgid != getegid();
	char number[NUMBER_SIZE];
	int id, error;

	snprintf(number, sizeof(number), "%d", object->id);
	error = ipc_write_text(ops->next_id, number);
	if (error < 0)
		return log_errno(error, "%s %d: its id cannot be asked for ('/proc/sys/%s')", ops->name,
				 object->id, ops->next_id);
	id = by_child ? create_by_child(object) : ops->create(object);
	if (id < 0)
		return log_errno(by_child ? id : errno, "%s %d (key %#x) cannot be made", ops->name,
				 object->id, object->desc.key);
	if (id == object->id)
		return 0;
	ops->remove(id);
	return log_fail(-EEXIST, "%s %d (key %#x) cannot be made: its place is taken, %d is free", ops->name,
			object->id, object->desc.key, id);
}
