// SPDX-License-Identifier: GPL-2.0-only
/* Netlink sockets: protocol, port, groups of any number, destination. What the kernel is about to answer cannot be made
 * again, so a socket with messages in its queue is refused. */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/netlink_diag.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/diag.h"
#include "criu/objects/socket/holder.h"
#include "criu/objects/socket/options.h"
#include "criu/objects/socket/socket-namespace.h"
#include "criu/objects/socket/socket.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define SETTABLE_FLAGS (O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT)
#define GROUP_WORDS_MAX 4096
/* The kernel's own (net/netlink/af_netlink.h). */
#define STATE_CLOSE 0
#define STATE_CONNECTED 1

static const char seen_key;

static bool netlink_matches(const struct fd_info *fd)
{
	return socket_is_of(fd, AF_NETLINK, -1);
}

/* --- survey --- */

static void survey_queue(struct dump *dump, const struct fd_info *fd, int socket, const struct diag_socket *entry)
{
	const uint32_t *flags = entry ? diag_get(entry, NETLINK_DIAG_FLAGS, sizeof(*flags), NULL) : NULL;
	uint32_t set = 0;
	char byte;

	if (flags)
		memcpy(&set, flags, sizeof(set));
	/* An error (ENOBUFS) is told as well, once. */
	if (recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN || (set & NDIAG_FLAG_CB_RUNNING))
		dump_refuse(dump, fd->task,
			    "%s: netlink messages wait to be read in it (protocol %d), which cannot be made again; try "
			    "again when the program has read them",
			    fd_describe(dump, fd), fd->socket->protocol);
}

static int look(struct dump *dump, const struct fd_info *fd)
{
	_cleanup_close_ int socket = -EBADF;
	const struct diag_socket *entry;
	int ret = fd_duplicate(fd, &socket);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	ret = diag_find(dump, fd, &entry);
	if (ret == 0)
		survey_queue(dump, fd, socket, entry);
	return ret;
}

static int netlink_survey(struct dump *dump, const struct fd_info *fd)
{
	return socket_survey_simple(dump, fd, &seen_key, look);
}

/* --- dump --- */

static NetlinkSkEntry *new_record(struct dump *dump, const struct fd_info *fd, uint32_t id)
{
	NetlinkSkEntry *record = arena_new(&dump->arena, NetlinkSkEntry);

	netlink_sk_entry__init(record);
	record->has_ns_id = true;
	record->ns_id = socket_namespace_id(dump, fd);
	record->id = id;
	record->ino = (uint32_t)fd->stat.st_ino;
	record->protocol = (uint32_t)fd->socket->protocol;
	record->state = STATE_CLOSE;
	record->flags = fd->flags;
	record->fown = fd_owner_dump(dump, fd);
	if (fd->socket->type != SOCK_RAW) {
		record->has_type = true;
		record->type = (uint32_t)fd->socket->type;
	}
	return record;
}

static int dump_addresses(int socket, NetlinkSkEntry *record)
{
	struct sockaddr_nl local = { 0 }, peer = { 0 };
	socklen_t size = sizeof(local), peer_size = sizeof(peer);

	if (getsockname(socket, (struct sockaddr *)&local, &size) < 0 ||
	    getpeername(socket, (struct sockaddr *)&peer, &peer_size) < 0)
		return -errno;
	record->portid = local.nl_pid;
	record->dst_portid = peer.nl_pid;
	record->dst_group = (uint32_t)ffs((int)peer.nl_groups);
	if (peer.nl_pid || peer.nl_groups)
		record->state = STATE_CONNECTED;
	return 0;
}

/* The kernel tells how many bytes it has, and fills as many whole words as there is room for. */
static int dump_groups(struct arena *arena, int socket, NetlinkSkEntry *record)
{
	uint32_t words[GROUP_WORDS_MAX] = { 0 };
	socklen_t size = sizeof(words);
	size_t nr;

	if (getsockopt(socket, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, words, &size) < 0)
		return -errno;
	nr = MIN(size, sizeof(words)) / sizeof(*words);
	while (nr && !words[nr - 1])
		nr--;
	record->groups = arena_copy(arena, words, (nr + 1) * sizeof(*words));
	record->n_groups = nr;
	return 0;
}

static int dump_here(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	_cleanup_close_ int socket = -EBADF;
	int ret = fd_duplicate(fd, &socket);

	record->nlsk = new_record(dump, fd, record->id);
	if (ret == 0)
		ret = dump_addresses(socket, record->nlsk);
	if (ret == 0)
		ret = dump_groups(&dump->arena, socket, record->nlsk);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: its addresses cannot be read", fd->task->pid,
				 fd_describe(dump, fd));
	return socket_options_dump(dump, fd, socket, &record->nlsk->opts);
}

static int netlink_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	return socket_dump_within(dump, fd, record, dump_here);
}

/* --- restore --- */

static int netlink_load(struct restore *restore, struct file *file)
{
	const NetlinkSkEntry *record = file->record->nlsk;

	if (!record || record->protocol > INT32_MAX || record->n_groups > GROUP_WORDS_MAX ||
	    record->dst_group > 32 || (record->has_type && record->type != SOCK_RAW && record->type != SOCK_DGRAM))
		return log_fail(-EBADMSG, "files.img: file %u is no proper netlink socket", file->id);
	return socket_options_load(restore, file, record->opts);
}

static struct socket_info info_of(const NetlinkSkEntry *record)
{
	return (struct socket_info){
		.family = AF_NETLINK,
		.type = record->has_type ? (int)record->type : SOCK_RAW,
		.protocol = (int)record->protocol,
	};
}

/* A port that somebody has is given by the kernel, and another may be there at a restore elsewhere. */
static int bind_port(struct restore *restore, const struct file *file, int fd)
{
	const NetlinkSkEntry *record = file->record->nlsk;
	struct sockaddr_nl local = { .nl_family = AF_NETLINK, .nl_pid = record->portid };

	if (!record->portid || bind(fd, (struct sockaddr *)&local, sizeof(local)) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	restore_refuse(restore, NULL, "file %u: netlink socket: port %u of protocol %u is used by another process",
		       file->id, record->portid, record->protocol);
	return 0;
}

static int join(const NetlinkSkEntry *record, int fd)
{
	for (uint32_t i = 0; i < record->n_groups * 32; i++) {
		uint32_t group = i + 1;

		if (!(record->groups[i / 32] >> i % 32 & 1))
			continue;
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
			return -errno;
	}
	return 0;
}

static int connect_to_peer(const NetlinkSkEntry *record, int fd)
{
	struct sockaddr_nl peer = {
		.nl_family = AF_NETLINK,
		.nl_pid = record->dst_portid,
		.nl_groups = record->dst_group ? 1U << (record->dst_group - 1) : 0,
	};

	if (!record->dst_portid && !record->dst_group)
		return 0;
	return connect(fd, (struct sockaddr *)&peer, sizeof(peer)) < 0 ? -errno : 0;
}

static int complete(struct restore *restore, const struct file *file, int fd)
{
	const NetlinkSkEntry *record = file->record->nlsk;
	uint32_t flags = record->flags & SETTABLE_FLAGS;
	int ret = flags && fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;

	if (ret == 0)
		ret = bind_port(restore, file, fd);
	if (ret == 0)
		ret = connect_to_peer(record, fd);
	return ret == 0 ? join(record, fd) : ret;
}

static int open_here(struct restore *restore, struct file *file, int *ret_fd)
{
	const NetlinkSkEntry *record = file->record->nlsk;
	struct socket_info info = info_of(record);
	_cleanup_close_ int fd = socket_make(file, &info);
	int ret;

	if (fd < 0)
		return fd;
	ret = socket_options_set(file, &info, fd, record->opts, SOCKET_EARLY);
	if (ret < 0)
		return ret;
	ret = complete(restore, file, fd);
	if (ret < 0)
		return log_errno(ret, "file %u: a netlink socket of protocol %d cannot be bound as it was",
				 file->id, info.protocol);
	*ret_fd = steal_fd(&fd);
	return 0;
}

static struct socket_restore how_to(const struct file *file, const struct socket_info *info)
{
	const NetlinkSkEntry *record = file->record->nlsk;

	return (struct socket_restore){
		.has_ns_id = record->has_ns_id,
		.ns_id = record->ns_id,
		.info = info,
		.open_here = open_here,
	};
}

static int netlink_open(struct restore *restore, struct file *file, int *ret_fd)
{
	struct socket_info info = info_of(file->record->nlsk);
	struct socket_restore how = how_to(file, &info);

	return socket_open_within(restore, file, &how, ret_fd);
}

static int netlink_reopen(struct restore *restore, struct file *file)
{
	struct socket_info info = info_of(file->record->nlsk);
	struct socket_restore how = how_to(file, &info);

	return socket_reopen_within(restore, file, &how);
}

static int netlink_finish(struct restore *restore, struct file *file)
{
	struct socket_info info = info_of(file->record->nlsk);

	(void)restore;
	return socket_options_set(file, &info, file->fd, file->record->nlsk->opts, SOCKET_LATE);
}

static int netlink_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	(void)restore;
	return fd_owner_restore(task, fd, file->record->nlsk->fown, file->record->nlsk->flags);
}

const struct fd_kind netlink_socket_kind = {
	.name = "netlink-socket",
	.type = FD_TYPES__NETLINKSK,
	.matches = netlink_matches,
	.survey = netlink_survey,
	.dump = netlink_dump,
	.load = netlink_load,
	.open = netlink_open,
	.reopen = netlink_reopen,
	.finish = netlink_finish,
	.attach = netlink_attach,
};
