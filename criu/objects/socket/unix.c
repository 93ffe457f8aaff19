// SPDX-License-Identifier: GPL-2.0-only
/* Unix sockets: the kind. How queues are read and filled, names bound and connections made is in the files beside. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/kernel/proc/status.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/ghost-internal.h"
#include "criu/objects/inherit.h"
#include "criu/objects/kinds.h"
#include "criu/objects/outside.h"
#include "criu/objects/socket/diag.h"
#include "criu/objects/socket/options.h"
#include "criu/objects/socket/socket-namespace.h"
#include "criu/objects/socket/socket.h"
#include "criu/objects/socket/unix-internal.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

extern const struct fd_kind unix_kind;
static const char scan_key;

static bool unix_matches(const struct fd_info *fd)
{
	return socket_is_of(fd, AF_UNIX, -1);
}

/* --- what the kernel tells --- */

static int read_facts(struct dump *dump, const struct fd_info *fd, struct unix_facts *facts)
{
	struct unix_diag_rqlen lengths = { 0 };
	const void *found;
	int ret = diag_find(dump, fd, &facts->diag);

	if (ret < 0)
		return ret;
	if (!facts->diag)
		return log_fail(-ENOENT, "task %d: %s: the kernel does not list it; is unix_diag there?",
				fd->task->pid, fd_describe(dump, fd));
	facts->message = facts->diag->message;
	facts->peer = diag_get_u32(facts->diag, UNIX_DIAG_PEER, 0);
	facts->connected = diag_get(facts->diag, UNIX_DIAG_PEER, sizeof(facts->peer), NULL) != NULL;
	facts->shutdown = diag_get_u8(facts->diag, UNIX_DIAG_SHUTDOWN, 0);
	found = diag_get(facts->diag, UNIX_DIAG_RQLEN, sizeof(lengths), NULL);
	if (found)
		memcpy(&lengths, found, sizeof(lengths));
	facts->queued = lengths.udiag_rqueue;
	facts->limit = lengths.udiag_wqueue;
	return 0;
}

/* --- survey --- */

/* Once, before any other is looked at: who waits where. */
static int find_waiting(struct dump *dump)
{
	struct fd_walk walk = fd_walk_dump(dump);
	const struct fd_info *fd;
	int ret = 0;

	while (ret == 0 && (fd = fd_walk_next(&walk))) {
		struct unix_dump *state = fd->kind == &unix_kind ? unix_dump_find(dump, fd->stat.st_ino) : NULL;
		struct unix_facts facts;

		if (!state || unix_dump_fd(dump, state)->file_id != fd->file_id || state->looked_at)
			continue;
		state->looked_at = true;
		ret = read_facts(dump, fd, &facts);
		if (ret == 0 && facts.message->udiag_state == UNIX_LISTEN)
			ret = unix_survey_waiting(dump, fd, &facts);
	}
	return ret;
}

static int survey_state(struct dump *dump, const struct fd_info *fd, int socket)
{
	const struct unix_dump *state = unix_dump_state(dump, fd->stat.st_ino);
	const char *problem = unix_name_problem(dump, fd, socket);

	if (problem)
		dump_refuse(dump, fd->task, "%s: %s; close it before the dump", fd_describe(dump, fd), problem);
	if (state->behind_error)
		dump_refuse(dump, fd->task,
			    "%s: an error waits in it in front of messages (its peer has left it); let it be read "
			    "before the dump",
			    fd_describe(dump, fd));
	if (state->unsure_urgent)
		dump_refuse(dump, fd->task,
			    "%s: a byte that is out of band waits in it (MSG_OOB), but its place behind descriptors in "
			    "flight cannot be told; let it be read before the dump",
			    fd_describe(dump, fd));
	socket_survey_namespace(dump, fd);
	return socket_options_survey(dump, fd);
}

/* A path leads out of a network namespace, and a pair can have been made by anybody. */
static int survey_peer(struct dump *dump, const struct fd_info *fd, const struct unix_facts *facts)
{
	const struct unix_dump *peer = unix_dump_find(dump, facts->peer);

	if (!peer)
		return unix_survey_outside(dump, fd, facts);
	if (unix_dump_fd(dump, peer)->socket->net_ns != fd->socket->net_ns)
		dump_refuse(dump, fd->task,
			    "%s: it is connected to a socket in another network namespace, which cannot be kept by this "
			    "build; close it before the dump",
			    fd_describe(dump, fd));
	return 0;
}

static int unix_survey(struct dump *dump, const struct fd_info *fd)
{
	_cleanup_close_ int socket = -EBADF;
	struct unix_facts facts;
	bool is_new;
	int ret;

	kind_state_get(&dump->kind_state, &dump->arena, &scan_key, 0, 1, &is_new);
	ret = is_new ? find_waiting(dump) : 0;
	if (ret < 0 || unix_is_external(dump, fd))
		return ret;
	ret = fd_duplicate(fd, &socket);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	ret = survey_state(dump, fd, socket);
	if (ret == 0)
		ret = read_facts(dump, fd, &facts);
	if (ret == 0 && facts.peer)
		ret = survey_peer(dump, fd, &facts);
	return ret < 0 ? ret : fd_owner_survey(dump, fd);
}

/* --- dump --- */

static UnixCredEntry *read_peer_cred(struct dump *dump, int socket)
{
	struct ucred cred = { 0 };
	socklen_t size = sizeof(cred);
	UnixCredEntry *entry = arena_new(&dump->arena, UnixCredEntry);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0 || !cred.pid)
		return NULL;
	unix_cred_entry__init(entry);
	entry->pid = (uint32_t)cred.pid;
	entry->uid = cred.uid;
	entry->gid = cred.gid;
	/* With too little room it tells how much there has to be. */
	size = 0;
	if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0 || errno != ERANGE)
		return entry;
	entry->groups = arena_array(&dump->arena, uint32_t, size / sizeof(gid_t));
	if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, entry->groups, &size) == 0)
		entry->n_groups = size / sizeof(gid_t);
	return entry;
}

static bool has_reset(int socket)
{
	struct pollfd poller = { .fd = socket };

	return poll(&poller, 1, 0) == 1 && poller.revents & POLLERR;
}

static void fill_state(struct dump *dump, const struct fd_info *fd, int socket,
		       const struct unix_facts *facts, UnixSkEntry *entry)
{
	const struct unix_dump *state = unix_dump_state(dump, fd->stat.st_ino);

	entry->type = facts->message->udiag_type;
	entry->state = facts->message->udiag_state;
	entry->backlog = facts->message->udiag_state == UNIX_LISTEN ? facts->limit : 0;
	entry->peer = facts->peer;
	entry->has_shutdown = facts->shutdown != 0;
	entry->shutdown = (SkShutdown)(facts->shutdown & 3);
	entry->peer_cred = read_peer_cred(dump, socket);
	if (state->listener)
		entry->peer = (uint32_t)state->listener->stat.st_ino;
	else if (!facts->peer && facts->message->udiag_state == UNIX_ESTABLISHED)
		entry->has_reset = entry->reset = has_reset(socket);
	entry->has_peer_ended = entry->peer_ended = entry->type == SOCK_DGRAM && facts->connected && !facts->peer;
	if (facts->message->udiag_state == UNIX_LISTEN)
		unix_dump_waiting(dump, fd, entry);
	if (state->reconnect) {
		entry->has_reconnect = true;
		entry->reconnect.len = state->outside_size;
		entry->reconnect.data = (uint8_t *)state->outside_name;
	}
}

static int fill_entry(struct dump *dump, const struct fd_info *fd, UnixSkEntry *entry)
{
	const struct unix_dump *state = unix_dump_state(dump, fd->stat.st_ino);
	_cleanup_close_ int socket = -EBADF;
	struct unix_facts facts;
	int ret = read_facts(dump, fd, &facts);

	if (ret == 0)
		ret = fd_duplicate(fd, &socket);
	if (ret == 0)
		ret = socket_options_dump(dump, fd, socket, &entry->opts);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be read", fd->task->pid, fd_describe(dump, fd));
	ret = unix_name_dump(dump, fd, socket, entry);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: its name cannot be read", fd->task->pid, fd_describe(dump, fd));
	fill_state(dump, fd, socket, &facts, entry);
	return state->to_outside && !state->reconnect && !unix_is_external(dump, fd)
		       ? unix_write_outside(dump, state, &facts, entry)
		       : 0;
}

static int unix_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	UnixSkEntry *entry = arena_new(&dump->arena, UnixSkEntry);

	unix_sk_entry__init(entry);
	entry->id = record->id;
	entry->ino = (uint32_t)fd->stat.st_ino;
	entry->flags = fd->flags;
	entry->fown = fd_owner_dump(dump, fd);
	entry->has_external = entry->external = unix_is_external(dump, fd);
	entry->has_ns_id = true;
	entry->ns_id = socket_namespace_id(dump, fd);
	record->usk = entry;
	return fill_entry(dump, fd, entry);
}

/* --- restore --- */

struct unix_restore *unix_restore_state(struct restore *restore)
{
	return kind_state_get(&restore->kind_state, &restore->arena, &unix_kind, 0,
			      sizeof(struct unix_restore), NULL);
}

static const char *find_damage(const UnixSkEntry *record)
{
	if (record->type != SOCK_STREAM && record->type != SOCK_DGRAM && record->type != SOCK_SEQPACKET)
		return "its type";
	if (record->name.len > UNIX_STORED_MAX || record->reconnect.len > UNIX_STORED_MAX)
		return "the length of its name";
	if (record->name.len && record->name.data[0] &&
	    memchr(record->name.data, 0, record->name.len) != record->name.data + record->name.len - 1)
		return "the end of its name";
	if (record->name.len && record->name.data[0] && record->name.data[0] != '/' && !record->name_dir &&
	    !record->deleted)
		return "the directory of its name";
	if (record->backlog > INT32_MAX || (record->has_shutdown && record->shutdown > SK_SHUTDOWN__BOTH))
		return "its state";
	return NULL;
}

static void format_key(char key[32], const UnixSkEntry *record)
{
	snprintf(key, 32, "socket:[%u]", record->ino);
}

static const char *find_inherited(struct restore *restore, const UnixSkEntry *record, char key[32])
{
	format_key(key, record);
	if (restore_is_inherited(restore, key))
		return key;
	snprintf(key, 32, "unix[%u]", record->ino);
	return restore_is_inherited(restore, key) ? key : NULL;
}

static int unix_load(struct restore *restore, struct file *file)
{
	struct unix_socket *socket = arena_new(&restore->arena, struct unix_socket);
	const UnixSkEntry *record = file->record->usk;
	const char *damage = record ? find_damage(record) : "that it is none";
	char key[32];

	if (damage)
		return log_fail(-EBADMSG, "files.img: file %u is no proper unix socket: %s", file->id, damage);
	*socket = (struct unix_socket){ .file = file, .record = record, .fd = -EBADF, .mate = -EBADF };
	STAILQ_INIT(&socket->senders);
	socket->actor = &unix_restore_state(restore)->actor;
	file->object = socket;
	unix_restore_state(restore)->nr++;
	if (unix_load_queue(restore, socket) < 0)
		return -EBADMSG;
	if (record->external && !find_inherited(restore, record, key))
		restore_refuse(restore, NULL,
			       "file %u: unix socket %u was left out of the dump (--external); give it by --inherit-fd "
			       "'fd[N]:socket:[%u]'",
			       file->id, record->ino, record->ino);
	if (unix_load_waiting(restore, socket) < 0)
		return -EBADMSG;
	return socket_options_load(restore, file, record->opts);
}

static void list_sockets(struct restore *restore, struct unix_restore *all)
{
	size_t nr = 0;

	all->sockets = arena_array(&restore->arena, struct unix_socket *, all->nr + 1);
	for (size_t i = 0; i < restore->nr_files; i++) {
		struct file *file = &restore->files[i];
		char key[32];

		if (file->kind == &unix_kind && file->object && nr < all->nr &&
		    file->record->usk->uflags != UNIX_EXTERN && !find_inherited(restore, file->record->usk, key))
			all->sockets[nr++] = file->object;
	}
	all->nr = nr;
}

/* Who is connected to whom; an outside one is connected to by its name. */
static int link_peer(const struct restore *restore, struct unix_socket *socket)
{
	const struct file *file;
	const UnixSkEntry *record;

	if (socket->record->has_reconnect) {
		socket->outside = &socket->record->reconnect;
		return 0;
	}
	file = socket->record->peer ? unix_find_inode(restore, socket->record->peer) : NULL;
	if (!file)
		return 0;
	record = file->record->usk;
	if (record->ns_id != socket->record->ns_id)
		return log_fail(-ENOTSUP,
				"file %u: unix socket connected to one in another network namespace: cannot be restored by "
				"this build",
				socket->record->id);
	if (record->uflags & UNIX_EXTERN) {
		socket->outside = &record->name;
	} else if (record->state == UNIX_LISTEN) {
		socket->listener = file->object;
	} else {
		socket->peer = file->object;
		if (socket->peer)
			STAILQ_INSERT_TAIL(&socket->peer->senders, socket, next_sender);
	}
	return 0;
}

static int make_all(struct restore *restore, struct unix_restore *all)
{
	int ret = 0;

	list_sockets(restore, all);
	for (size_t i = 0; i < restore->nr_files; i++)
		if (restore->files[i].kind == &unix_kind && restore->files[i].record->usk)
			unix_index_inode(restore, &restore->files[i]);
	for (size_t i = 0; i < all->nr && ret == 0; i++) {
		unix_index_name(restore, all->sockets[i]);
		ret = link_peer(restore, all->sockets[i]);
	}
	if (ret == 0)
		ret = unix_make_all(restore, all);
	unix_end_actor(&all->actor);
	return ret;
}

static int unix_open(struct restore *restore, struct file *file, int *ret_fd)
{
	struct unix_restore *all = unix_restore_state(restore);
	struct unix_socket *socket = file->object;
	char key[32];
	int ret = 0;

	if (find_inherited(restore, file->record->usk, key)) {
		*ret_fd = fcntl(restore_inherited_fd(restore, key), F_DUPFD_CLOEXEC, 0);
		return *ret_fd < 0 ? log_errno(errno, "%s: the inherited descriptor cannot be used", key) : 0;
	}
	if (!all->made)
		ret = make_all(restore, all);
	all->made = true;
	if (ret < 0)
		return ret == -EAGAIN ? -EBUSY : ret; /* which would be to ask again */
	*ret_fd = steal_fd(&socket->fd);
	return *ret_fd < 0 ? log_fail(-EBADMSG, "file %u: unix socket was not made", file->id) : 0;
}

static int unix_reopen(struct restore *restore, struct file *file)
{
	struct unix_restore *all = unix_restore_state(restore);

	(void)file;
	if (all->finished || !all->made) /* all of them were given */
		return 0;
	all->finished = true;
	return unix_finish_all(restore, all);
}

/* Whom clients see (SO_PEERCRED, SO_PEERPIDFD) is who called listen(): the task itself calls it once more. */
static int listen_as_owner(const struct task *task, const struct file *file, int fd)
{
	const UnixSkEntry *record = file->record->usk;
	int ret;

	if (record->state != UNIX_LISTEN || !record->peer_cred || (pid_t)record->peer_cred->pid != task->pid)
		return 0;
	ret = unix_listen_as(fd, (int)record->backlog, record->peer_cred);
	return ret < 0 ? log_errno(ret, "task %d: descriptor %d: unix socket cannot listen", task->pid, fd) : 0;
}

static int unix_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	int ret = listen_as_owner(task, file, fd);

	if (ret < 0)
		return ret;
	return fd_owner_restore(task, fd, file->record->usk->fown, file->record->usk->flags);
}

const struct fd_kind unix_kind = {
	.name = "unix",
	.type = FD_TYPES__UNIXSK,
	.matches = unix_matches,
	.survey = unix_survey,
	.dump = unix_dump,
	.load = unix_load,
	.open = unix_open,
	.reopen = unix_reopen,
	.comes_last = true, /* what is sent in its queue is as it is to be */
	.attach = unix_attach,
};

/* --- queues, and names that are to stay --- */

static int names_make(struct restore *restore)
{
	struct unix_restore *all = unix_restore_state(restore);
	int ret = all->nr ? ghost_journal_open(4 * all->nr, &all->journal) : 0;

	return ret < 0 ? log_errno(ret, "names of unix sockets cannot be noted") : 0;
}

static void names_commit(struct restore *restore)
{
	struct unix_restore *all = unix_restore_state(restore);

	if (all->journal)
		ghost_journal_forget_all(all->journal);
}

static void names_undo(struct restore *restore)
{
	struct unix_restore *all = unix_restore_state(restore);

	if (all->journal)
		ghost_journal_take_back(all->journal);
	ghost_journal_close(steal_pointer(&all->journal));
}

static void names_restore_end(struct restore *restore)
{
	ghost_journal_close(unix_restore_state(restore)->journal);
}

const struct global_kind unix_queues_kind = {
	.name = "unix-queues",
	.dump = unix_dump_queues,
	.make = names_make,
	.commit = names_commit,
	.undo = names_undo,
	.restore_end = names_restore_end,
};
