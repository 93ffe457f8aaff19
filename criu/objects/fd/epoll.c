// SPDX-License-Identifier: GPL-2.0-only
/* Epoll descriptors: what they watch, which of that is disabled (EPOLLONESHOT), and which edges were told already.
 *
 * The list of what is ready cannot be read. But when nothing in it is ready, then every edge-triggered target that is
 * has been told: that edge is taken away at the restore. In any other case an edge is told once more, never less. */
#include "criu/objects/fd/epoll.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "criu/kernel/proc/fdinfo.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/epoll-internal.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/inherit.h"
#include "criu/objects/kinds.h"
#include "criu/objects/outside.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

extern const struct fd_kind epoll_kind;

#define SETTABLE_FLAGS (O_APPEND | O_NONBLOCK | O_NOATIME)

/* struct epoll_params of Linux 6.9. */
struct busy_poll {
	uint32_t usecs;
	uint16_t budget;
	uint8_t prefer, pad;
};
#define GET_BUSY_POLL _IOR(0x8A, 0x02, struct busy_poll)
#define SET_BUSY_POLL _IOW(0x8A, 0x01, struct busy_poll)

static const char epoll_key;

struct epoll {
	struct epoll_target *targets;
	size_t nr, room;
	struct busy_poll busy_poll;
};

static bool epoll_matches(const struct fd_info *fd)
{
	return strcmp(fd->link, "anon_inode:[eventpoll]") == 0;
}

/* --- what fdinfo tells --- */

struct reader {
	struct dump *dump;
	struct epoll *epoll;
};

static struct epoll_target *add_target(struct dump *dump, struct epoll *epoll)
{
	if (epoll->nr == epoll->room) {
		size_t room = epoll->room ? 2 * epoll->room : 16;
		struct epoll_target *targets = arena_array(&dump->arena, struct epoll_target, room);

		for (size_t i = 0; i < epoll->nr; i++)
			targets[i] = epoll->targets[i];
		epoll->targets = targets;
		epoll->room = room;
	}
	return &epoll->targets[epoll->nr++];
}

static int parse_target(const char *value, struct epoll_target *target)
{
	uint64_t events, dev, number = strtoul(value, NULL, 10);
	const char *pos = strstr(value, "pos:");
	int ret = proc_fdinfo_find_number(value, "events", 16, UINT32_MAX, &events);

	if (ret == 0)
		ret = proc_fdinfo_find_number(value, "data", 16, UINT64_MAX, &target->data);
	if (ret == 0)
		ret = proc_fdinfo_find_number(value, "ino", 16, UINT64_MAX, &target->inode);
	if (ret == 0)
		ret = proc_fdinfo_find_number(value, "sdev", 16, UINT32_MAX, &dev);
	if (ret < 0 || !pos || number > INT32_MAX)
		return ret < 0 ? ret : -EINVAL;
	target->number = (int)number;
	target->events = (uint32_t)events;
	target->dev = (uint32_t)dev;
	target->pos = (uint64_t)strtoll(pos + strlen("pos:"), NULL, 10);
	return 0;
}

static int take_line(void *context, const char *key, const char *value)
{
	struct reader *reader = context;

	return strcmp(key, "tfd") == 0 ? parse_target(value, add_target(reader->dump, reader->epoll)) : 0;
}

static int compare_numbers(const void *left, const void *right)
{
	const struct epoll_target *a = *(struct epoll_target *const *)left,
				  *b = *(struct epoll_target *const *)right;

	return a->number != b->number ? (a->number < b->number ? -1 : 1) : a < b ? -1 : a > b;
}

/* One number may have been added for several files. */
static int count_same_numbers(const struct epoll *epoll)
{
	_cleanup_free_ struct epoll_target **sorted = calloc(epoll->nr + 1, sizeof(*sorted));

	if (!sorted)
		return log_errno(ENOMEM, "cannot sort %zu targets of an epoll", epoll->nr);
	for (size_t i = 0; i < epoll->nr; i++)
		sorted[i] = &epoll->targets[i];
	qsort(sorted, epoll->nr, sizeof(*sorted), compare_numbers);
	for (size_t i = 1; i < epoll->nr; i++)
		if (sorted[i]->number == sorted[i - 1]->number)
			sorted[i]->nth = sorted[i - 1]->nth + 1;
	return 0;
}

static int read_targets(struct dump *dump, const struct fd_info *fd, struct epoll *epoll)
{
	struct reader reader = { dump, epoll };
	struct proc_fdinfo common;
	int ret = proc_parse_fdinfo(fd->fdinfo, strlen(fd->fdinfo), take_line, &reader, &common);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot read what it watches", fd->task->pid,
				 fd_describe(dump, fd));
	return count_same_numbers(epoll);
}

/* --- survey --- */

static const struct outside_fd *find_holder(struct dump *dump, const struct epoll_target *target)
{
	const struct outside_fd *fds;
	char link[64];

	for (int i = 0; i < 2; i++) {
		snprintf(link, sizeof(link), i ? "pipe:[%lu]" : "socket:[%lu]", (unsigned long)target->inode);
		if (outside_find_fds(dump, link, &fds) > 0)
			return fds;
	}
	return NULL;
}

static void refuse_lost(struct dump *dump, const struct fd_info *fd, const struct epoll_target *target)
{
	const struct outside_fd *holder = find_holder(dump, target);

	if (holder)
		dump_refuse(dump, fd->task,
			    "%s: it watches what was descriptor %d, and no task of the tree has that open any more, but "
			    "process %d (%s) has it as descriptor %d; remove it (EPOLL_CTL_DEL) or dump that process, too",
			    fd_describe(dump, fd), target->number, holder->pid, holder->comm, holder->fd);
	else
		dump_refuse(dump, fd->task,
			    "%s: it watches what was descriptor %d (inode %lu on device %u:%u), and no task of the "
			    "tree has that open any more: a message on its way or another process holds it; remove "
			    "it (EPOLL_CTL_DEL) before the dump",
			    fd_describe(dump, fd), target->number, (unsigned long)target->inode,
			    target->dev >> 20, target->dev & 0xfffff);
}

/* What @target is ready for now, of @events. Not asked of signalfd, which tells of the signals of who asks. */
static int poll_target(struct dump *dump, const struct epoll_target *target, uint32_t events, uint32_t *ret_ready)
{
	_cleanup_close_ int duplicate = -EBADF;
	struct pollfd poll_fd = { .events = (short)(events & EPOLL_CONDITIONS) };
	int ret = strcmp(target->fd->link, "anon_inode:[signalfd]") ? fd_duplicate(target->fd, &duplicate) : 0;

	poll_fd.fd = duplicate;
	if (ret == 0 && poll(&poll_fd, 1, 0) < 0)
		ret = -errno;
	if (ret < 0)
		return log_errno(ret, "task %d: cannot look at %s", target->fd->task->pid,
				 fd_describe(dump, target->fd));
	*ret_ready = (uint32_t)(unsigned short)poll_fd.revents;
	return 0;
}

/* What is disabled must be ready for anything to be disabled again. Pipes and timers can be made so. */
static int survey_disabled(struct dump *dump, const struct fd_info *fd, const struct epoll_target *target)
{
	bool readable_end = S_ISFIFO(target->fd->stat.st_mode) && (target->fd->flags & O_ACCMODE) != O_WRONLY;
	uint32_t ready = 0;
	int ret;

	if (readable_end || strcmp(target->fd->link, "anon_inode:[timerfd]") == 0)
		return 0;
	ret = poll_target(dump, target, EPOLL_CONDITIONS, &ready);
	if (ret == 0 && !ready)
		dump_refuse(dump, fd->task,
			    "%s: descriptor %d ('%s') in it is disabled (EPOLLONESHOT), which can be made again only of "
			    "what is ready for reading or writing; try again when its event is handled (EPOLL_CTL_MOD)",
			    fd_describe(dump, fd), target->number, target->fd->link);
	return ret;
}

static int survey_target(struct dump *dump, const struct fd_info *fd, struct epoll_target *target)
{
	int ret = epoll_find_target(dump, fd, target);

	if (ret < 0)
		return ret;
	if (!target->fd) {
		refuse_lost(dump, fd, target);
		return 0;
	}
	if (epoll_is_disabled(target->events))
		return survey_disabled(dump, fd, target);
	/* Who is outside of the tree may change it until the restore. */
	if (!(target->events & EPOLLET) || dump_find_external(dump, target->fd->link) >= 0)
		return 0;
	return poll_target(dump, target, target->events, &target->delivered);
}

/* After the targets: what was ready then and is not in the list now has been told. */
static int survey_list(struct dump *dump, const struct fd_info *fd, struct epoll *epoll)
{
	_cleanup_close_ int duplicate = -EBADF;
	struct pollfd poll_fd = { .events = POLLIN };
	int ret = fd_duplicate(fd, &duplicate);

	poll_fd.fd = duplicate;
	if (ret == 0 && poll(&poll_fd, 1, 0) < 0)
		ret = -errno;
	if (ret < 0)
		return log_errno(ret, "task %d: cannot look at %s", fd->task->pid, fd_describe(dump, fd));
	for (size_t i = 0; poll_fd.revents && i < epoll->nr; i++)
		epoll->targets[i].delivered = 0;
	/* Before Linux 6.9, and without CONFIG_NET_RX_BUSY_POLL, there is nothing to ask for. */
	if (ioctl(duplicate, GET_BUSY_POLL, &epoll->busy_poll) < 0)
		epoll->busy_poll = (struct busy_poll){ 0 };
	return 0;
}

static int epoll_survey(struct dump *dump, const struct fd_info *fd)
{
	struct epoll *epoll = kind_state_get(&dump->kind_state, &dump->arena, &epoll_key, fd->file_id,
					     sizeof(*epoll), NULL);
	int ret = read_targets(dump, fd, epoll);

	for (size_t i = 0; i < epoll->nr && ret == 0; i++)
		ret = survey_target(dump, fd, &epoll->targets[i]);
	if (ret == 0)
		ret = survey_list(dump, fd, epoll);
	return ret < 0 ? ret : fd_owner_survey(dump, fd);
}

static bool has_told(const struct epoll *epoll, uint32_t file_id)
{
	for (size_t i = 0; i < epoll->nr; i++)
		if (epoll->targets[i].delivered && epoll->targets[i].fd->file_id == file_id)
			return true;
	return false;
}

void epoll_silence(struct dump *dump, uint32_t file_id)
{
	struct fd_walk walk = fd_walk_dump(dump);
	const struct fd_info *fd;

	while ((fd = fd_walk_next(&walk))) {
		const struct epoll *epoll = fd->kind != &epoll_kind
						    ? NULL
						    : kind_state_find(&dump->kind_state, &epoll_key, fd->file_id);
		_cleanup_close_ int duplicate = -EBADF;
		struct epoll_event events[16];

		if (!epoll || !has_told(epoll, file_id) || fd_duplicate(fd, &duplicate) < 0)
			continue;
		/* Nothing in it was ready, so what is there now are edges that we have made. */
		while (epoll_wait(duplicate, events, ARRAY_SIZE(events), 0) > 0)
			;
	}
}

/* --- records --- */

static EventpollTfdEntry *dump_target(struct dump *dump, const struct epoll_target *target)
{
	EventpollTfdEntry *entry = arena_new(&dump->arena, EventpollTfdEntry);

	eventpoll_tfd_entry__init(entry);
	entry->tfd = (uint32_t)target->number;
	entry->events = target->events;
	entry->data = target->data;
	entry->has_dev = entry->has_inode = entry->has_pos = true;
	entry->dev = target->dev;
	entry->inode = target->inode;
	entry->pos = target->pos;
	entry->has_file = true;
	entry->file = target->fd->file_id;
	entry->has_delivered = target->delivered != 0;
	entry->delivered = target->delivered;
	return entry;
}

static void dump_busy_poll(const struct busy_poll *busy_poll, EventpollFileEntry *entry)
{
	if (!busy_poll->usecs && !busy_poll->budget && !busy_poll->prefer)
		return;
	entry->has_busy_poll_usecs = entry->has_busy_poll_budget = entry->has_prefer_busy_poll = true;
	entry->busy_poll_usecs = busy_poll->usecs;
	entry->busy_poll_budget = busy_poll->budget;
	entry->prefer_busy_poll = busy_poll->prefer;
}

static int epoll_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	const struct epoll *epoll = kind_state_find(&dump->kind_state, &epoll_key, fd->file_id);
	EventpollFileEntry *entry = arena_new(&dump->arena, EventpollFileEntry);

	eventpoll_file_entry__init(entry);
	entry->id = record->id;
	entry->flags = fd->flags;
	entry->fown = fd_owner_dump(dump, fd);
	entry->tfd = arena_array(&dump->arena, EventpollTfdEntry *, epoll->nr);
	entry->n_tfd = epoll->nr;
	for (size_t i = 0; i < epoll->nr; i++)
		entry->tfd[i] = dump_target(dump, &epoll->targets[i]);
	dump_busy_poll(&epoll->busy_poll, entry);
	record->epfd = entry;
	return 0;
}

/* --- restore --- */

static int load_target(struct restore *restore, const struct file *file, const EventpollTfdEntry *record,
		       struct epoll_item *item)
{
	item->record = record;
	if (record->tfd >= INT32_MAX / 2)
		return log_fail(-EBADMSG, "files.img: epoll %u: no descriptor has the number %u", file->id,
				record->tfd);
	item->file = epoll_find_file(restore, file, record, &item->task);
	if (!item->file)
		return log_fail(-EBADMSG,
				"files.img: epoll %u: it watches descriptor %u, which is not in the images",
				file->id, record->tfd);
	item->file->wanted = true;
	/* Signals are told to whoever adds it, that task and no other (signalfd_poll() of fs/signalfd.c). */
	if (item->file->record->type != FD_TYPES__SIGNALFD)
		item->task = NULL;
	return 0;
}

static int check_busy_poll(struct restore *restore, const struct file *file, const EventpollFileEntry *entry)
{
	_cleanup_close_ int fd = -EBADF;
	struct busy_poll now;

	if (!entry->has_busy_poll_usecs)
		return 0;
	if (entry->busy_poll_usecs > INT32_MAX || entry->busy_poll_budget > UINT16_MAX)
		return log_fail(-EBADMSG, "files.img: epoll %u: impossible busy-poll parameters", file->id);
	fd = epoll_create1(EPOLL_CLOEXEC);
	if (fd < 0 || ioctl(fd, GET_BUSY_POLL, &now) < 0)
		restore_refuse(restore, NULL,
			       "file %u: an epoll has busy-poll parameters, which this kernel does not know (EPIOCSPARAMS "
			       "of Linux 6.9)",
			       file->id);
	return 0;
}

static int epoll_load(struct restore *restore, struct file *file)
{
	const EventpollFileEntry *entry = file->record->epfd;
	struct epoll_item *items;
	int ret = 0;

	if (!entry)
		return log_fail(-EBADMSG, "files.img: file %u is no epoll", file->id);
	items = arena_array(&restore->arena, struct epoll_item, entry->n_tfd + 1);
	for (size_t i = 0; i < entry->n_tfd && ret == 0; i++)
		ret = load_target(restore, file, entry->tfd[i], &items[i]);
	file->object = items;
	return ret < 0 ? ret : check_busy_poll(restore, file, entry);
}

static int set_busy_poll(const struct file *file, int fd)
{
	const EventpollFileEntry *entry = file->record->epfd;
	struct busy_poll busy_poll = {
		.usecs = entry->busy_poll_usecs,
		.budget = (uint16_t)entry->busy_poll_budget,
		.prefer = entry->prefer_busy_poll,
	};

	if (entry->has_busy_poll_usecs && ioctl(fd, SET_BUSY_POLL, &busy_poll) < 0)
		return log_errno(errno, "file %u: cannot set the busy-poll parameters of an epoll (EPIOCSPARAMS)",
				 file->id);
	return 0;
}

static int epoll_open(struct restore *restore, struct file *file, int *ret_fd)
{
	_cleanup_close_ int fd = epoll_create1(EPOLL_CLOEXEC);
	int ret;

	if (fd < 0)
		return log_errno(errno, "file %u: cannot make an epoll", file->id);
	if (fcntl(fd, F_SETFL, file->record->epfd->flags & SETTABLE_FLAGS) < 0)
		return log_errno(errno, "file %u: cannot set the flags of an epoll", file->id);
	ret = set_busy_poll(file, fd);
	if (ret < 0)
		return ret;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int epoll_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	const EventpollFileEntry *entry = file->record->epfd;
	int ret = epoll_register(restore, task, fd, file->object, entry->n_tfd);

	return ret < 0 ? ret : fd_owner_restore(task, fd, entry->fown, entry->flags);
}

/* When all targets are what they are to be. */
static int epoll_finish(struct restore *restore, struct file *file)
{
	return epoll_register(restore, NULL, file->fd, file->object, file->record->epfd->n_tfd);
}

const struct fd_kind epoll_kind = {
	.name = "epoll",
	.type = FD_TYPES__EVENTPOLL,
	.matches = epoll_matches,
	.survey = epoll_survey,
	.dump = epoll_dump,
	.load = epoll_load,
	.open = epoll_open,
	.finish = epoll_finish,
	.finishes_last = true, /* timers are ready or not when they are set */
	.attach = epoll_attach,
};
