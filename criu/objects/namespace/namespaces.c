// SPDX-License-Identifier: GPL-2.0-only
/* Namespaces: of the dumper, which the tree shares, and own ones of the tree. Those of the root task are made anew by
 * the process that restores, which keeps them open, fills them, and lets the root in before it has children. */
#include "criu/objects/namespace/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define LINK_SIZE 64

const struct namespace_kind *namespace_kind_of(enum namespace_type type)
{
	for (size_t i = 0; i < nr_namespace_kinds; i++)
		if (namespace_kinds[i]->type == type)
			return namespace_kinds[i];
	return NULL;
}

struct namespace *dump_namespace_of(const struct dump *dump, const struct task *task, enum namespace_type type)
{
	return task->ids ? namespace_find(&dump->namespaces, type, namespace_get_id(task->ids, type)) : NULL;
}

struct namespace *restore_namespace_of(const struct restore *restore, const struct task *task,
				       enum namespace_type type)
{
	return task->ids ? namespace_find(&restore->namespaces, type, namespace_get_id(task->ids, type)) : NULL;
}

/* --- going in and out --- */

static int open_own(enum namespace_type type)
{
	char link[LINK_SIZE];
	int fd;

	snprintf(link, sizeof(link), "/proc/self/ns/%s", namespace_type_name(type));
	fd = open(link, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_of_task(const struct namespace *namespace)
{
	char link[LINK_SIZE];
	int fd;

	snprintf(link, sizeof(link), "task/%d/ns/%s", task_live_thread(namespace->first)->tid,
		 namespace_type_name(namespace->type));
	fd = openat(namespace->first->proc_fd, link, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int enter(const struct namespace *namespace)
{
	_cleanup_close_ int task_fd = -EBADF;
	int fd = namespace->fd;

	if (fd < 0)
		fd = task_fd = open_of_task(namespace);
	if (fd < 0)
		return fd;
	return setns(fd, namespace_clone_flag(namespace->type)) < 0 ? -errno : 0;
}

int namespace_enter(const struct namespace *namespace, int *ret_back)
{
	_cleanup_close_ int own = -EBADF;
	int error;

	*ret_back = -EBADF;
	if (!namespace->own)
		return 0;
	own = open_own(namespace->type);
	error = own < 0 ? own : enter(namespace);
	if (error < 0)
		return log_errno(error, "%s namespace %u cannot be entered",
				 namespace_type_name(namespace->type), namespace->id);
	*ret_back = steal_fd(&own);
	return 0;
}

int namespace_leave(const struct namespace *namespace, int back)
{
	int error;

	if (back < 0)
		return 0;
	error = setns(back, namespace_clone_flag(namespace->type)) < 0 ? -errno : 0;
	close(back);
	return error < 0 ? log_errno(error, "%s namespace %u cannot be left",
				     namespace_type_name(namespace->type), namespace->id)
			 : 0;
}

/* --- dump --- */

typedef int (*dump_function)(struct dump *dump, struct namespace *namespace);

static int call_in_dump(struct dump *dump, struct namespace *namespace, dump_function function)
{
	int back, error = namespace_enter(namespace, &back), left;

	if (error < 0)
		return error;
	error = function(dump, namespace);
	left = namespace_leave(namespace, back);
	return error < 0 ? error : left;
}

/* NULL: nothing in it is the tree's. */
static const struct namespace_kind *kind_for(const struct namespace *namespace)
{
	const struct namespace_kind *kind = namespace_kind_of(namespace->type);

	return kind && namespace->nr_tasks && (namespace->own || kind->shared_too) ? kind : NULL;
}

static int namespaces_dump(struct dump *dump)
{
	struct namespace *namespace;

	TAILQ_FOREACH(namespace, &dump->namespaces, link) {
		const struct namespace_kind *kind = kind_for(namespace);
		int error = kind && kind->dump ? call_in_dump(dump, namespace, kind->dump) : 0;

		if (error < 0)
			return error;
	}
	return 0;
}

int namespaces_survey(struct dump *dump)
{
	struct namespace *namespace;

	TAILQ_FOREACH(namespace, &dump->namespaces, link) {
		const struct namespace_kind *kind = kind_for(namespace);
		int error = kind && kind->survey ? call_in_dump(dump, namespace, kind->survey) : 0;

		if (error < 0)
			return error;
	}
	return 0;
}

/* --- restore --- */

static int open_given(struct restore *restore, struct namespace *namespace, const struct namespace_kind *kind)
{
	int fd, error = kind->open(restore, namespace, &fd);

	if (error < 0)
		return error;
	namespace->fd = restore_service_fd(restore, fd);
	return namespace->fd < 0 ? namespace->fd : 0;
}

static int make_namespace(struct restore *restore, struct namespace *namespace)
{
	int flag = namespace_clone_flag(namespace->type), fd, error = 0;
	_cleanup_close_ int own = open_own(namespace->type);

	if (own < 0)
		return own;
	if (unshare(flag) < 0)
		return -errno;
	fd = open_own(namespace->type);
	if (setns(own, flag) < 0)
		error = -errno;
	if (fd < 0 || error < 0)
		return fd < 0 ? fd : error;
	namespace->fd = restore_service_fd(restore, fd);
	return namespace->fd < 0 ? namespace->fd : 0;
}

typedef int (*restore_function)(struct restore *restore, struct namespace *namespace);

static int call_in_restore(struct restore *restore, struct namespace *namespace, restore_function function)
{
	int back, error = namespace_enter(namespace, &back), left;

	if (error < 0)
		return error;
	error = function(restore, namespace);
	left = namespace_leave(namespace, back);
	return error < 0 ? error : left;
}

static int fill_namespace(struct restore *restore, struct namespace *namespace, const struct namespace_kind *kind)
{
	int error = namespace->given ? open_given(restore, namespace, kind)
		    : namespace->own ? make_namespace(restore, namespace)
				     : 0;

	if (error < 0)
		return log_errno(error, "%s namespace %u cannot be made", kind->name, namespace->id);
	if (!kind->fill || (!namespace->own && !kind->shared_too))
		return 0;
	return call_in_restore(restore, namespace, kind->fill);
}

static int for_each_of_kind(struct restore *restore, const struct namespace_kind *kind,
			    int (*function)(struct restore *restore, struct namespace *namespace,
					    const struct namespace_kind *kind))
{
	struct namespace *namespace;
	int error = 0;

	TAILQ_FOREACH(namespace, &restore->namespaces, link) {
		if (!error && namespace->type == kind->type)
			error = function(restore, namespace, kind);
	}
	return error;
}

static int namespaces_make(struct restore *restore)
{
	int error = 0;

	for (size_t i = 0; !error && i < nr_namespace_kinds; i++)
		error = for_each_of_kind(restore, namespace_kinds[i], fill_namespace);
	return error;
}

static int finish_namespace(struct restore *restore, struct namespace *namespace, const struct namespace_kind *kind)
{
	if (!kind->finish || (!namespace->own && !kind->shared_too))
		return 0;
	return call_in_restore(restore, namespace, kind->finish);
}

static int namespaces_finish(struct restore *restore)
{
	int error = 0;

	for (size_t i = 0; !error && i < nr_namespace_kinds; i++)
		error = for_each_of_kind(restore, namespace_kinds[i], finish_namespace);
	return error;
}

int namespaces_join(const struct restore *restore)
{
	const struct namespace *namespace;

	TAILQ_FOREACH(namespace, &restore->namespaces, link)
		if (namespace->own && setns(namespace->fd, namespace_clone_flag(namespace->type)) < 0)
			return log_errno(errno, "%s namespace %u cannot be joined",
					 namespace_type_name(namespace->type), namespace->id);
	return 0;
}

static void namespaces_commit(struct restore *restore)
{
	for (size_t i = 0; i < nr_namespace_kinds; i++)
		if (namespace_kinds[i]->commit)
			namespace_kinds[i]->commit(restore);
}

static void namespaces_undo(struct restore *restore)
{
	for (size_t i = 0; i < nr_namespace_kinds; i++)
		if (namespace_kinds[i]->undo)
			namespace_kinds[i]->undo(restore);
}

static void namespaces_restore_end(struct restore *restore)
{
	for (size_t i = 0; i < nr_namespace_kinds; i++)
		if (namespace_kinds[i]->restore_end)
			namespace_kinds[i]->restore_end(restore);
}

const struct global_kind namespace_contents_kind = {
	.name = "namespace-contents",
	.dump = namespaces_dump,
	.make = namespaces_make,
	.finish = namespaces_finish,
	.commit = namespaces_commit,
	.undo = namespaces_undo,
	.restore_end = namespaces_restore_end,
};
