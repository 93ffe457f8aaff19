// SPDX-License-Identifier: GPL-2.0-only
/* Connections that wait to be accepted, at the dump. What their clients sent is in the queue of a socket that has no
 * descriptor yet, so only the memory of the kernel tells it (net/unix/af_unix.c). */
#include <errno.h>
#include <limits.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/kernel/kernel-view.h"
#include "criu/kernel/proc/status.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/outside.h"
#include "criu/objects/socket/diag.h"
#include "criu/objects/socket/queue-view.h"
#include "criu/objects/socket/socket.h"
#include "criu/objects/socket/unix-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define RIGHTS_MAX 253 /* SCM_MAX_FD */
#define LENGTH_MAX (1U << 30)

static const char files_key;

static void refuse_waiting(struct dump *dump, const struct fd_info *fd, const char *why)
{
	dump_refuse(dump, fd->task,
		    "%s: a connection that waits to be accepted %s; let it be accepted before the dump",
		    fd_describe(dump, fd), why);
}

/* --- who --- */

static int read_groups(struct dump *dump, struct kernel_view *view, uint64_t cred, UnixCredEntry *entry)
{
	uint64_t groups, nr = 0, at = 0;
	int ret = kernel_view_get(view, cred, "cred", "group_info", &groups);

	if (ret == 0)
		ret = kernel_view_get(view, groups, "group_info", "ngroups", &nr);
	if (ret == 0)
		ret = kernel_view_locate(view, groups, "group_info", "gid", &at);
	if (ret < 0 || nr > NGROUPS_MAX)
		return ret < 0 ? ret : -EBADMSG;
	entry->n_groups = nr;
	entry->groups = arena_array(&dump->arena, uint32_t, nr + 1);
	return nr ? kernel_view_read(view, at, entry->groups, nr * sizeof(uint32_t)) : 0;
}

static int read_connector(struct dump *dump, struct kernel_view *view, uint64_t sock, UnixCredEntry **ret_entry)
{
	UnixCredEntry *entry = arena_new(&dump->arena, UnixCredEntry);
	uint64_t pid, cred;
	int ret = kernel_view_get(view, sock, "sock", "sk_peer_pid", &pid);

	unix_cred_entry__init(entry);
	if (ret == 0)
		ret = kernel_view_pid(view, pid, &entry->pid);
	if (ret == 0)
		ret = kernel_view_get(view, sock, "sock", "sk_peer_cred", &cred);
	if (ret == 0)
		ret = unix_view_id(view, cred, "cred", "euid.val", &entry->uid);
	if (ret == 0)
		ret = unix_view_id(view, cred, "cred", "egid.val", &entry->gid);
	if (ret == 0)
		ret = read_groups(dump, view, cred, entry);
	*ret_entry = entry->pid ? entry : NULL;
	return ret;
}

/* Where the kernel cannot be asked: the task that has it. */
static UnixCredEntry *guess_connector(struct dump *dump, const struct fd_info *fd)
{
	UnixCredEntry *entry = arena_new(&dump->arena, UnixCredEntry);
	const struct task *task = fd->task->shown_as ? fd->task->shown_as : fd->task;

	unix_cred_entry__init(entry);
	entry->pid = (uint32_t)task->pid;
	entry->uid = task->status->uid[1];
	entry->gid = task->status->gid[1];
	return entry;
}

/* --- descriptors in flight --- */

struct known_file {
	uint64_t file;
	const struct fd_info *fd;
};

struct known_files {
	struct known_file *files;
	size_t nr;
};

static int learn_file(struct kernel_view *view, const struct fd_info *fd, uint64_t *ret_file)
{
	_cleanup_close_ int copy = -EBADF;
	int ret = fd_duplicate(fd, &copy);

	return ret < 0 ? ret : kernel_view_file(view, copy, ret_file);
}

/* All files of the tree, by where the kernel has them. */
static int learn_files(struct dump *dump, struct kernel_view *view, struct known_files *known)
{
	struct fd_walk count = fd_walk_dump(dump), walk = count;
	const struct fd_info *fd;
	size_t nr = 0;
	int ret = 0;

	while (fd_walk_next(&count))
		nr++;
	known->files = arena_array(&dump->arena, struct known_file, nr + 1);
	while (ret == 0 && known->nr < nr && (fd = fd_walk_next(&walk))) {
		known->files[known->nr].fd = fd;
		ret = learn_file(view, fd, &known->files[known->nr++].file);
	}
	return ret;
}

/* -ENOLINK: nobody of the tree has it. */
static int find_file(struct dump *dump, struct kernel_view *view, uint64_t file, const struct fd_info **ret_fd)
{
	bool is_new;
	struct known_files *known = kind_state_get(&dump->kind_state, &dump->arena, &files_key, 0,
						   sizeof(*known), &is_new);
	int ret = is_new ? learn_files(dump, view, known) : 0;

	for (size_t i = 0; ret == 0 && i < known->nr; i++)
		if (known->files[i].file == file) {
			*ret_fd = known->files[i].fd;
			return 0;
		}
	return ret < 0 ? ret : -ENOLINK;
}

static int read_rights(struct dump *dump, struct kernel_view *view, uint64_t list, struct unix_message *message)
{
	uint64_t nr, at, files[RIGHTS_MAX];
	int ret = kernel_view_get(view, list, "scm_fp_list", "count", &nr);

	if (ret == 0 && nr > RIGHTS_MAX)
		ret = -EBADMSG;
	if (ret == 0)
		ret = kernel_view_locate(view, list, "scm_fp_list", "fp", &at);
	if (ret == 0)
		ret = kernel_view_read(view, at, files, nr * sizeof(*files));
	if (ret < 0)
		return ret;
	message->held = arena_array(&dump->arena, const struct fd_info *, nr + 1);
	for (; ret == 0 && message->nr_fds < nr; message->nr_fds++)
		ret = find_file(dump, view, files[message->nr_fds], &message->held[message->nr_fds]);
	return ret;
}

/* --- what was sent --- */

struct reading {
	struct dump *dump;
	const struct fd_info *listener;
	struct unix_waiting *waiting;
	size_t nr, room;
	struct unix_view_sender last;
};

static int read_message(void *context, struct kernel_view *view, uint64_t skb)
{
	struct reading *reading = context;
	struct unix_message *message = arena_new(&reading->dump->arena, struct unix_message);
	uint64_t parameters, rights = 0, length = 0;
	int ret = kernel_view_locate(view, skb, "sk_buff", "cb", &parameters);

	if (ret == 0)
		ret = unix_view_cred(view, parameters, &reading->last, message);
	if (ret == 0)
		ret = kernel_view_get(view, parameters, "unix_skb_parms", "fp", &rights);
	if (ret == 0 && rights)
		ret = read_rights(reading->dump, view, rights, message);
	if (ret == 0)
		ret = kernel_view_get(view, skb, "sk_buff", "len", &length);
	if (ret < 0 || length > LENGTH_MAX)
		return ret < 0 ? ret : -EBADMSG;
	message->length = (uint32_t)length;
	message->data = arena_alloc(&reading->dump->arena, length + 1);
	STAILQ_INSERT_TAIL(&reading->waiting[reading->nr].messages, message, link);
	return queue_view_read(view, skb, 0, message->data, length);
}

static int read_queue(struct reading *reading, struct kernel_view *view, uint64_t sock)
{
	uint64_t queue, first, urgent = 0;
	int ret = kernel_view_get(view, sock, "unix_sock", "oob_skb", &urgent);

	if (ret == -ENOENT) /* before Linux 5.15 there is none such */
		ret = 0;
	if (ret == 0 && urgent)
		return -ENOMSG;
	if (ret == 0)
		ret = kernel_view_locate(view, sock, "sock", "sk_receive_queue", &queue);
	if (ret == 0)
		ret = kernel_view_get(view, queue, "sk_buff_head", "next", &first);
	return ret < 0 ? ret : queue_view_walk(view, first, queue, read_message, reading);
}

/* --- its client --- */

/* -EXDEV: somebody outside of the tree has it. */
static int read_client(struct dump *dump, struct kernel_view *view, uint64_t sock, struct unix_waiting *waiting)
{
	uint64_t client, socket, inode;
	int ret = kernel_view_get(view, sock, "unix_sock", "peer", &client);

	if (ret == 0)
		ret = kernel_view_get(view, client, "sock", "sk_socket", &socket);
	if (ret < 0)
		return ret;
	if (!socket)
		return unix_view_name(dump, view, client, &waiting->name, &waiting->name_size);
	ret = kernel_view_get(view, socket, "socket_alloc", "vfs_inode.i_ino", &inode);
	if (ret < 0)
		return ret;
	waiting->client = unix_dump_find(dump, inode);
	return waiting->client ? 0 : -EXDEV;
}

/* An skb in the queue of a listener stands for the socket that accept(2) is to give. */
static int read_connection(void *context, struct kernel_view *view, uint64_t skb)
{
	struct reading *reading = context;
	struct unix_waiting *waiting = &reading->waiting[reading->nr];
	uint64_t sock;
	int ret;

	if (reading->nr == reading->room) /* somebody outside of the tree goes on connecting */
		return -EXDEV;
	STAILQ_INIT(&waiting->messages);
	ret = kernel_view_get(view, skb, "sk_buff", "sk", &sock);
	if (ret == 0)
		ret = read_client(reading->dump, view, sock, waiting);
	if (ret == 0)
		ret = read_connector(reading->dump, view, sock, &waiting->cred);
	if (ret == 0)
		ret = read_queue(reading, view, sock);
	reading->nr++;
	return ret;
}

static int read_all(struct reading *reading)
{
	struct kernel_view *view;
	uint64_t sock, queue, first;
	int ret = queue_view_open(reading->dump, &view);

	if (ret == 0)
		ret = queue_view_socket(view, reading->listener, &sock);
	if (ret == 0)
		ret = kernel_view_locate(view, sock, "sock", "sk_receive_queue", &queue);
	if (ret == 0)
		ret = kernel_view_get(view, queue, "sk_buff_head", "next", &first);
	return ret < 0 ? ret : queue_view_walk(view, first, queue, read_connection, reading);
}

/* --- without the memory of the kernel --- */

static const void *clients_of(const struct unix_facts *facts, size_t *ret_nr)
{
	size_t size = 0;
	const void *inodes = diag_get(facts->diag, UNIX_DIAG_ICONS, sizeof(uint32_t), &size);

	*ret_nr = inodes ? size / sizeof(uint32_t) : 0;
	return inodes;
}

/* -ENODATA: there is more than sock_diag(7) and the clients tell. */
static int take_client(struct reading *reading, uint32_t inode)
{
	struct unix_waiting *waiting = &reading->waiting[reading->nr++];
	struct unix_dump *client = inode ? unix_dump_find(reading->dump, inode) : NULL;
	_cleanup_close_ int socket = -EBADF;
	int unread = 0, ret;

	if (!client)
		return inode ? -EXDEV : -ENODATA;
	STAILQ_INIT(&waiting->messages);
	waiting->client = client;
	waiting->cred = guess_connector(reading->dump, unix_dump_fd(reading->dump, client));
	ret = fd_duplicate(unix_dump_fd(reading->dump, client), &socket);
	if (ret == 0 && ioctl(socket, TIOCOUTQ, &unread) < 0)
		ret = -errno;
	return ret == 0 && unread ? -ENODATA : ret;
}

/* The kernel adds the newest at the end. */
static int take_clients(struct reading *reading, const struct unix_facts *facts)
{
	size_t nr;
	const char *inodes = clients_of(facts, &nr);
	int ret = nr < facts->queued ? -ENODATA : 0;

	reading->nr = 0;
	memset(reading->waiting, 0, reading->room * sizeof(*reading->waiting));
	for (size_t i = 0; i < nr && i < reading->room && ret == 0; i++) {
		uint32_t inode;

		memcpy(&inode, inodes + i * sizeof(inode), sizeof(inode));
		ret = take_client(reading, inode);
	}
	return ret;
}

/* --- survey --- */

static const char *find_stranger(struct dump *dump, const struct unix_facts *facts)
{
	size_t nr;
	const char *inodes = clients_of(facts, &nr);

	for (size_t i = 0; i < nr; i++) {
		const struct outside_fd *holder;
		uint32_t inode;
		char link[32];

		memcpy(&inode, inodes + i * sizeof(inode), sizeof(inode));
		snprintf(link, sizeof(link), "socket:[%u]", inode);
		if (inode && !unix_dump_find(dump, inode) && outside_find_fds(dump, link, &holder) > 0)
			return arena_printf(&dump->arena, " (process %d (%s), descriptor %d)", holder->pid,
					    holder->comm, holder->fd);
	}
	return "";
}

static const char *reason_for(struct dump *dump, const struct unix_facts *facts, int error, int view_error)
{
	switch (error) {
	case -EXDEV:
		return arena_printf(&dump->arena, "comes from outside of the tree%s", find_stranger(dump, facts));
	case -ENOLINK:
		return "has been sent a descriptor (SCM_RIGHTS) which no task of the tree has open, and which nobody can "
		       "get at before that";
	case -ENOMSG:
		return "has been sent a byte out of band (MSG_OOB), which is not kept";
	default:
		return arena_printf(&dump->arena,
				    "has data already or was left by its client, and the memory of the kernel cannot be "
				    "read (%s): " QUEUE_VIEW_NEEDS,
				    strerror(-view_error));
	}
}

int unix_survey_waiting(struct dump *dump, const struct fd_info *fd, const struct unix_facts *facts)
{
	struct unix_dump *state = unix_dump_state(dump, fd->stat.st_ino);
	struct reading reading = { .dump = dump, .listener = fd, .room = facts->queued };
	int ret, view_error;

	if (!facts->queued)
		return 0;
	reading.waiting = arena_array(&dump->arena, struct unix_waiting, reading.room);
	ret = view_error = read_all(&reading);
	if (ret < 0 && ret != -EXDEV && ret != -ENOLINK && ret != -ENOMSG) {
		log_debug("unix socket: connections that wait cannot be read: %s", strerror(-ret));
		ret = take_clients(&reading, facts);
	}
	if (ret < 0)
		refuse_waiting(dump, fd, reason_for(dump, facts, ret, view_error));
	for (size_t i = 0; i < reading.nr; i++)
		if (reading.waiting[i].client)
			reading.waiting[i].client->listener = fd;
	state->waiting = reading.waiting;
	state->nr_waiting = reading.nr;
	return 0;
}

/* --- dump --- */

static void fill_packets(struct dump *dump, const struct unix_waiting *waiting, UnixWaitingEntry *entry)
{
	const struct unix_message *message;
	size_t nr = 0;

	STAILQ_FOREACH(message, &waiting->messages, link)
		nr++;
	entry->packets = arena_array(&dump->arena, SkPacketEntry *, nr + 1);
	STAILQ_FOREACH(message, &waiting->messages, link) {
		SkPacketEntry *packet = unix_packet_record(dump, 0, message);

		packet->has_data = true;
		packet->data.len = message->length;
		packet->data.data = message->data;
		entry->packets[entry->n_packets++] = packet;
	}
}

void unix_dump_waiting(struct dump *dump, const struct fd_info *fd, UnixSkEntry *entry)
{
	const struct unix_dump *state = unix_dump_state(dump, fd->stat.st_ino);

	entry->waiting = arena_array(&dump->arena, UnixWaitingEntry *, state->nr_waiting + 1);
	for (size_t i = 0; i < state->nr_waiting; i++) {
		const struct unix_waiting *waiting = &state->waiting[i];
		UnixWaitingEntry *one = arena_new(&dump->arena, UnixWaitingEntry);

		unix_waiting_entry__init(one);
		one->has_client = waiting->client != NULL;
		one->client = waiting->client ? unix_dump_fd(dump, waiting->client)->file_id : 0;
		one->has_name = waiting->name_size != 0;
		one->name.len = waiting->name_size;
		one->name.data = (uint8_t *)waiting->name;
		one->cred = waiting->cred;
		fill_packets(dump, waiting, one);
		entry->waiting[entry->n_waiting++] = one;
	}
}
