// SPDX-License-Identifier: GPL-2.0-only
/* IPC namespaces: System V objects and settings. One of the tree's own is kept as a whole; in that of criu, what the tree
 * uses. */
#include "criu/objects/namespace/ipc.h"

#include <errno.h>

#include "criu/objects/namespace/ipc-internal.h"
#include "criu/objects/namespace/namespaces.h"
#include "criu/pages/copy.h"
#include "criu/util/log.h"

/* --- dump --- */

static int ipc_survey(struct dump *dump, struct namespace *namespace)
{
	struct ipc_contents *contents = arena_new(&dump->arena, struct ipc_contents);
	int error = ipc_collect(&dump->arena, contents);

	namespace->object = contents;
	if (!error)
		error = ipc_find_users(dump, namespace);
	if (!error)
		error = ipc_posix_queues_survey(dump, namespace);
	return error < 0 ? error : ipc_settings_survey(dump, namespace);
}

static int ipc_dump(struct dump *dump, struct namespace *namespace)
{
	int error = namespace->own ? ipc_settings_dump(dump, namespace->id) : 0;

	if (!error && namespace->own)
		error = ipc_posix_queues_dump(dump, namespace);
	for (int sort = 0; !error && sort < IPC_SORTS; sort++)
		error = ipc_write_objects(dump, namespace, sort);
	return error;
}

/* --- restore --- */

static int ipc_load(struct restore *restore, struct namespace *namespace)
{
	struct ipc_contents *contents = arena_new(&restore->arena, struct ipc_contents);
	int error = namespace->own ? ipc_settings_load(restore, namespace->id, &contents->settings) : 0;

	TAILQ_INIT(&contents->objects);
	namespace->object = contents;
	for (int sort = 0; !error && sort < IPC_SORTS; sort++)
		error = ipc_load_objects(restore, namespace, sort);
	if (error < 0)
		return error;
	return namespace->own ? ipc_posix_queues_load(restore, namespace) : ipc_check_host(restore, contents);
}

static int fill_object(struct restore *restore, const struct namespace *namespace, const struct ipc_object *object)
{
	const struct ipc_sort_ops *ops = ipc_sort_ops(object->sort);
	bool noted = !namespace->own && !object->is_there;
	int error = noted ? ipc_janitor_note(restore, object->sort, object->id) : 0;

	if (error < 0)
		return error;
	if (!object->is_there)
		error = ipc_make_object(object);
	/* Who has that id by now is somebody else. */
	if (error < 0 && noted)
		ipc_janitor_forget_last(restore);
	if (error < 0)
		return error;
	error = ops->fill(restore, object);
	return error < 0 ? log_errno(error, "%s %d (key %#x) cannot be filled", ops->name, object->id,
				     object->desc.key)
			 : 0;
}

static int ipc_fill(struct restore *restore, struct namespace *namespace)
{
	const struct ipc_contents *contents = namespace->object;
	const struct ipc_object *object;
	int error = namespace->own ? ipc_settings_widen() : 0;

	TAILQ_FOREACH(object, &contents->objects, link) {
		if (error < 0)
			break;
		error = fill_object(restore, namespace, object);
	}
	return error < 0 ? error : ipc_posix_queues_fill(restore, namespace);
}

/* All who want them have attached them: those that go with the last of these may be marked so. */
static int mark_segments(const struct ipc_contents *contents)
{
	const struct ipc_object *object;

	TAILQ_FOREACH(object, &contents->objects, link)
		if (object->sort == IPC_SEGMENTS && object->desc.mode & IPC_MODE_DEST &&
		    ipc_sort_ops(IPC_SEGMENTS)->remove(object->id) < 0)
			return log_errno(errno, "shared memory segment %d cannot be marked as removed", object->id);
	return 0;
}

static int ipc_finish(struct restore *restore, struct namespace *namespace)
{
	const struct ipc_contents *contents = namespace->object;
	int error = mark_segments(contents);

	return error < 0 || !namespace->own ? error : ipc_settings_apply(contents->settings);
}

uint64_t ipc_segment_size(const struct ipc_object *segment)
{
	return ROUND_UP(segment->segment.size, PAGE_SIZE);
}

const struct ipc_object *ipc_dumped_segment(const struct dump *dump, const struct task *task, uint64_t id)
{
	const struct namespace *namespace = dump_namespace_of(dump, task, NAMESPACE_IPC);

	return namespace && namespace->object && id <= INT32_MAX
		       ? ipc_find(namespace->object, IPC_SEGMENTS, (int)id)
		       : NULL;
}

bool ipc_next_set(const struct namespace *namespace, struct ipc_object **place, struct semaphore_set *ret_set)
{
	struct ipc_contents *contents = namespace ? namespace->object : NULL;
	struct ipc_object *object = *place     ? TAILQ_NEXT(*place, link)
				    : contents ? TAILQ_FIRST(&contents->objects)
					       : NULL;

	while (object && object->sort != IPC_SETS)
		object = TAILQ_NEXT(object, link);
	if (!object)
		return false;
	*place = object;
	*ret_set = (struct semaphore_set){
		.id = object->id,
		.nr = object->set.nsems,
		.users = object->nr_users ? object->users : NULL,
		.fresh = object->set.has_operated && !object->set.operated,
		.object = object,
	};
	return true;
}

void ipc_keep_set(const struct semaphore_set *set)
{
	set->object->wanted = true;
	set->object->perhaps = false;
}

const struct ipc_object *ipc_restored_segment(const struct restore *restore, const struct task *task, uint64_t id)
{
	const struct namespace *namespace = restore_namespace_of(restore, task, NAMESPACE_IPC);

	return namespace && namespace->object && id <= INT32_MAX
		       ? ipc_find(namespace->object, IPC_SEGMENTS, (int)id)
		       : NULL;
}

const struct namespace_kind ipc_kind = {
	.name = "ipc",
	.type = NAMESPACE_IPC,
	.shared_too = true,
	.survey = ipc_survey,
	.dump = ipc_dump,
	.load = ipc_load,
	.fill = ipc_fill,
	.finish = ipc_finish,
	.commit = ipc_janitor_keep,
	.undo = ipc_janitor_end,
	.restore_end = ipc_janitor_end,
};
