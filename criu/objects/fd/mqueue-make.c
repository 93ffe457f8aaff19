// SPDX-License-Identifier: GPL-2.0-only
/* POSIX message queues at the restore: those that are there are compared, those that are not are made. The names of the
 * latter go again if the restore fails, or is killed, before its commit: they are noted in memory shared with a process
 * that waits for our end. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/model/restore.h"
#include "criu/objects/fd/mqueue-internal.h"
#include "criu/objects/fd/mqueue.h"
#include "criu/objects/kinds.h"
#include "criu/objects/outside.h"
#include "criu/util/cleanup.h"
#include "criu/util/guardian.h"
#include "criu/util/log.h"

#define NAMES 1000

static const char queue_key, count_key;

/* A queue that we make, or are about to. */
struct made {
	uint32_t state; /* stored last: 0 for none, 1 if nobody else has that name, 2 if it has this inode */
	bool deleted;
	uint32_t ipc_namespace; /* 0: of criu; the tree's own goes with all that is in it */
	ino_t inode;
	char name[NAME_MAX + 2];
};

/* Shared with the janitor. */
struct made_list {
	uint32_t committed;
	size_t nr, room;
	pid_t janitor;
	struct made items[];
};

enum { MADE_NONE, MADE_ANY, MADE_BOUND };

struct count {
	size_t nr; /* queues of the images that are not there */
	struct made_list *list;
};

static struct count *count_of(struct restore *restore)
{
	return kind_state_get(&restore->kind_state, &restore->arena, &count_key, 0, sizeof(struct count), NULL);
}

struct mqueue_restore *mqueue_restore_state(struct restore *restore, uint32_t id)
{
	struct mqueue_restore *queue;
	bool is_new;

	queue = kind_state_get(&restore->kind_state, &restore->arena, &queue_key, id, sizeof(*queue), &is_new);
	if (is_new)
		queue->fd = -EBADF;
	return queue;
}

/* --- those that are there --- */

static bool holds_the_same(const MqueueEntry *left, const MqueueEntry *right)
{
	if (left->n_messages != right->n_messages)
		return false;
	for (size_t i = 0; i < left->n_messages; i++) {
		const MqueueMessage *a = left->messages[i], *b = right->messages[i];

		if (a->priority != b->priority || a->data.len != b->data.len ||
		    memcmp(a->data.data, b->data.data, a->data.len) != 0)
			return false;
	}
	return true;
}

/* In what the queue @fd differs from the one that was dumped; NULL: it is the same. */
static int find_difference(struct restore *restore, const MqueueEntry *record, int fd, const char **ret_difference)
{
	MqueueEntry found = MQUEUE_ENTRY__INIT;
	const struct outside_fd *holder;
	struct mq_attr attributes;
	struct stat st;
	int ret;

	if (fstat(fd, &st) < 0 || mq_getattr(fd, &attributes) < 0)
		return -errno;
	*ret_difference = NULL;
	if (attributes.mq_maxmsg != record->max_messages || attributes.mq_msgsize != record->message_size)
		*ret_difference = "has other limits";
	else if ((st.st_mode & 07777) != record->mode || st.st_uid != record->uid || st.st_gid != record->gid)
		*ret_difference = "has other permissions, or another owner";
	else if ((size_t)attributes.mq_curmsgs != record->n_messages)
		*ret_difference = "holds other messages";
	if (*ret_difference)
		return 0;
	ret = outside_find_inode(&restore->kind_state, &restore->arena, NULL, record->name, &st, &holder);
	if (ret > 0)
		*ret_difference = arena_printf(&restore->arena, "is in use by process %d (%s), descriptor %d,",
					       holder->pid, holder->comm, holder->fd);
	if (ret != 0)
		return ret < 0 ? ret : 0;
	ret = mqueue_read_messages(fd, &st, &restore->arena, &found);
	if (ret == 0 && !holds_the_same(record, &found))
		*ret_difference = "holds other messages";
	return ret;
}

int mqueue_check_host(struct restore *restore, struct mqueue_restore *queue)
{
	const MqueueEntry *record = queue->record;
	bool is_new = record->deleted || record->has_ipc_namespace;
	const char *difference = NULL;
	_cleanup_close_ int fd = -EBADF;
	int ret;

	queue->name = arena_printf(&restore->arena, "/%s", record->name);
	if (!is_new)
		fd = mq_open(queue->name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (is_new || (fd < 0 && errno == ENOENT)) {
		count_of(restore)->nr++;
		return 0;
	}
	ret = fd < 0 ? -errno : find_difference(restore, record, fd, &difference);
	if (ret < 0)
		return log_errno(ret, "message queue '%s': cannot be compared with that of the dump", record->name);
	if (difference) {
		restore_refuse(restore, NULL,
			       "message queue '%s': there is one, and it %s unlike that of the dump; take it away "
			       "(mq_unlink)",
			       record->name, difference);
		return 0;
	}
	queue->fd = restore_service_fd(restore, steal_fd(&fd));
	return queue->fd < 0 ? log_errno(queue->fd, "message queue '%s'", record->name) : 0;
}

/* --- those that are made --- */

static size_t list_size(size_t room)
{
	return sizeof(struct made_list) + room * sizeof(struct made);
}

static void remove_made(struct made_list *list)
{
	for (size_t i = list->nr; i-- > 0;) {
		struct made *made = &list->items[i];
		_cleanup_close_ int fd = -EBADF;
		struct stat st;

		if (made->ipc_namespace)
			continue;
		if (made->state == MADE_BOUND)
			fd = mq_open(made->name, O_RDONLY | O_CLOEXEC);
		if (made->state == MADE_ANY || (fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == made->inode))
			mq_unlink(made->name);
		made->state = MADE_NONE;
	}
}

static void __attribute__((noreturn)) janitor_main(struct made_list *list, int pidfd)
{
	guardian_step_aside();
	guardian_wait_for_end(pidfd);
	if (!list->committed)
		remove_made(list);
	_exit(EXIT_SUCCESS);
}

static int start_janitor(struct made_list *list)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	pid_t pid = pidfd < 0 ? -1 : fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		janitor_main(list, pidfd);
	list->janitor = pid;
	return 0;
}

/* Before any file is opened: what the janitor inherits stays open as long as it lives. */
static int mqueue_list_make(struct restore *restore)
{
	struct count *count = count_of(restore);
	struct made_list *list;
	int ret;

	if (!count->nr)
		return 0;
	list = mmap(NULL, list_size(count->nr), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (list == MAP_FAILED)
		return log_errno(errno, "cannot list %zu message queues", count->nr);
	list->room = count->nr;
	ret = start_janitor(list);
	if (ret < 0)
		return log_errno(ret, "message queues: cannot start who takes them away after a failure");
	count->list = list;
	return 0;
}

static void mqueue_list_commit(struct restore *restore)
{
	struct made_list *list = count_of(restore)->list;

	if (list)
		__atomic_store_n(&list->committed, 1, __ATOMIC_SEQ_CST);
}

static void end_list(struct restore *restore)
{
	struct count *count = count_of(restore);
	struct made_list *list = steal_pointer(&count->list);

	if (!list)
		return;
	if (!list->committed)
		remove_made(list);
	kill(list->janitor, SIGKILL);
	while (waitpid(list->janitor, NULL, 0) < 0 && errno == EINTR)
		;
	munmap(list, list_size(list->room));
}

const struct global_kind mqueue_list_kind = {
	.make = mqueue_list_make,
	.commit = mqueue_list_commit,
	.undo = end_list,
	.restore_end = end_list,
};

/* Has just been made. */
static int set_queue(const MqueueEntry *record, int fd)
{
	const struct timespec times[2] = {
		{ (time_t)(record->atime / 1000000000), (long)(record->atime % 1000000000) },
		{ (time_t)(record->mtime / 1000000000), (long)(record->mtime % 1000000000) },
	};
	int ret = mqueue_write_messages(fd, record);

	if (ret < 0)
		return ret;
	if (fchown(fd, record->uid, record->gid) < 0 || fchmod(fd, record->mode) < 0 || futimens(fd, times) < 0)
		return -errno;
	return 0;
}

static int create_new(const MqueueEntry *record, const char *name)
{
	struct mq_attr attributes = { .mq_maxmsg = record->max_messages, .mq_msgsize = record->message_size };

	return mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC, 0600, &attributes);
}

static int create(struct made_list *list, struct mqueue_restore *queue)
{
	const MqueueEntry *record = queue->record;
	struct made *made;
	struct stat st;
	int fd;

	if (!list || (!queue->made && list->nr == list->room))
		return -EBADMSG;
	if (!queue->made)
		queue->made = &list->items[list->nr++];
	made = queue->made;
	made->deleted = record->deleted;
	made->ipc_namespace = record->ipc_namespace;
	strncpy(made->name, queue->name, sizeof(made->name) - 1);
	__atomic_store_n(&made->state, MADE_ANY, __ATOMIC_SEQ_CST);
	fd = create_new(record, queue->name);
	if (fd < 0 || fstat(fd, &st) < 0) {
		int error = errno;

		made->state = MADE_NONE;
		return -error;
	}
	made->inode = st.st_ino;
	__atomic_store_n(&made->state, MADE_BOUND, __ATOMIC_SEQ_CST);
	return fd;
}

/* Is it one of ours that is to lose this name as soon as it has been opened? */
static bool will_go(const struct made_list *list, const struct mqueue_restore *queue)
{
	for (size_t i = 0; i < list->nr; i++)
		if (list->items[i].state == MADE_BOUND && list->items[i].deleted &&
		    list->items[i].ipc_namespace == queue->record->ipc_namespace &&
		    strcmp(list->items[i].name, queue->name) == 0)
			return true;
	return false;
}

/* Its name may be that of another one for the moment, or, if it has lost it, for good: then it gets one made up. */
static int create_by_name(struct restore *restore, struct mqueue_restore *queue)
{
	struct made_list *list = count_of(restore)->list;
	int fd = create(list, queue);

	if (fd == -EEXIST && will_go(list, queue))
		return -EAGAIN;
	for (unsigned int i = 0; fd == -EEXIST && queue->record->deleted && i < NAMES; i++) {
		queue->name = arena_printf(&restore->arena, "/criu.%d.%u", getpid(), i);
		fd = create(list, queue);
	}
	return fd;
}

static int log_not_made(const MqueueEntry *record, int error)
{
	if (error == -EINVAL || error == -EMFILE || error == -ENOSPC)
		return log_errno(error,
				 "message queue '%s': cannot be made for %u messages of %u bytes; raise "
				 "fs.mqueue.msg_max, msgsize_max and queues_max, and the limit of bytes (ulimit -q)",
				 record->name, record->max_messages, record->message_size);
	return log_errno(error, "message queue '%s': cannot be made", record->name);
}

int mqueue_make_unopened(struct restore *restore, const MqueueEntry *record)
{
	const char *name = arena_printf(&restore->arena, "/%s", record->name);
	_cleanup_close_ int fd = create_new(record, name);
	int ret = fd < 0 ? -errno : set_queue(record, fd);

	return ret < 0 ? log_not_made(record, ret) : 0;
}

int mqueue_make(struct restore *restore, struct mqueue_restore *queue)
{
	const MqueueEntry *record = queue->record;
	int ret;

	if (queue->fd >= 0)
		return 0;
	ret = create_by_name(restore, queue);
	if (ret == -EAGAIN)
		return ret;
	if (ret < 0)
		return log_not_made(record, ret);
	queue->fd = restore_service_fd(restore, ret);
	ret = queue->fd < 0 ? queue->fd : set_queue(record, queue->fd);
	return ret < 0 ? log_not_made(record, ret) : 0;
}

int mqueue_settle(struct restore *restore, struct mqueue_restore *queue)
{
	close(steal_fd(&queue->fd));
	if (!queue->record->deleted)
		return 0;
	if (mq_unlink(queue->name) < 0)
		return log_errno(errno, "message queue '%s': cannot be unlinked", queue->name);
	queue->made->state = MADE_NONE;
	return 0;
}
