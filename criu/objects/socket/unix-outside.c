// SPDX-License-Identifier: GPL-2.0-only
/* Unix sockets connected to somebody outside of the tree: datagrams may go on to there (--ext-unix-sk), a stream is given
 * to the restore or connected anew (--unix-reconnect). */
#include <errno.h>
#include <linux/unix_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/objects/inherit.h"
#include "criu/objects/kinds.h"
#include "criu/objects/outside.h"
#include "criu/objects/socket/diag.h"
#include "criu/objects/socket/socket.h"
#include "criu/objects/socket/unix-internal.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"

static bool is_allowed(const struct dump *dump, uint32_t inode)
{
	const struct ext_unix_list *list = &dump->options->ext_unix_sk;
	char key[32];

	snprintf(key, sizeof(key), "unix[%u]", inode);
	if (dump_find_external(dump, key) >= 0)
		return true;
	for (size_t i = 0; i < list->nr; i++)
		if (list->inodes[i] == inode)
			return true;
	return list->allowed && !list->nr;
}

bool unix_is_external(const struct dump *dump, const struct fd_info *fd)
{
	char key[32];

	snprintf(key, sizeof(key), "unix[%lu]", (unsigned long)fd->stat.st_ino);
	return dump_find_external(dump, key) >= 0;
}

static bool is_to_reconnect(const struct dump *dump, const char *name, size_t size)
{
	const struct text_list *list = &dump->options->unix_reconnect;

	for (size_t i = 0; i < list->nr; i++) {
		size_t length = strlen(list->items[i]);
		bool hidden = list->items[i][0] == '@';

		if (hidden && size == length && !name[0] && memcmp(name + 1, list->items[i] + 1, length - 1) == 0)
			return true;
		if (!hidden && size >= length && strncmp(name, list->items[i], size) == 0 &&
		    strnlen(name, size) == length)
			return true;
	}
	return false;
}

static const char *describe_peer(struct dump *dump, uint32_t inode, const char *name, size_t size)
{
	const struct outside_fd *holder = NULL;
	char link[32];
	const char *text;

	snprintf(link, sizeof(link), "socket:[%u]", inode);
	text = outside_find_fds(dump, link, &holder) > 0
		       ? arena_printf(&dump->arena, "process %d (%s), descriptor %d", holder->pid,
				      holder->comm, holder->fd)
		       : "nobody in sight";
	if (!size)
		return arena_printf(&dump->arena, "%s of %s", link, text);
	return arena_printf(&dump->arena, "%s ('%s%.*s') of %s", link, name[0] ? "" : "@",
			    (int)(name[0] ? strnlen(name, size) : size - 1), name[0] ? name : name + 1, text);
}

static char *read_place(const struct outside_fd *holder)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, holder->pid, 0);
	_cleanup_close_ int socket = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, holder->fd, 0);
	char *place = NULL;

	return socket >= 0 && unix_find_file(socket, &place) == 0 ? place : NULL;
}

/* Where the file of a relative name is: asked of the socket itself, in the hands of who has it. */
static const char *find_place(struct dump *dump, uint32_t inode, size_t *ret_size)
{
	const struct outside_fd *holder = NULL;
	const char *copy = NULL;
	char link[32], *place;

	snprintf(link, sizeof(link), "socket:[%u]", inode);
	place = outside_find_fds(dump, link, &holder) > 0 ? read_place(holder) : NULL;
	if (place && strlen(place) < UNIX_NAME_MAX) {
		copy = arena_strdup(&dump->arena, place);
		*ret_size = strlen(copy) + 1;
	}
	free(place);
	return copy;
}

int unix_survey_outside(struct dump *dump, const struct fd_info *fd, const struct unix_facts *facts)
{
	struct unix_dump *state = unix_dump_state(dump, fd->stat.st_ino);
	const struct diag_socket *peer;
	const char *name = "";
	size_t size = 0;
	int ret = diag_find_inode(dump, fd, facts->peer, &peer);

	if (ret < 0)
		return ret;
	if (peer && diag_get(peer, UNIX_DIAG_NAME, 1, &size))
		name = arena_copy(&dump->arena, diag_get(peer, UNIX_DIAG_NAME, 1, NULL), size);
	state->to_outside = true;
	state->outside_name = name;
	state->outside_size = size;
	if (size && name[0] && name[0] != '/')
		state->outside_name = find_place(dump, facts->peer, &state->outside_size);
	if (state->outside_name && size && is_to_reconnect(dump, name, size)) {
		state->reconnect = true;
		if (!STAILQ_EMPTY(&state->messages))
			dump_refuse(dump, fd->task,
				    "%s: data that was not read waits in it, which a new connection would not have "
				    "(--unix-reconnect); let it be read before the dump",
				    fd_describe(dump, fd));
		return 0;
	}
	if (fd->socket->type == SOCK_DGRAM && size && state->outside_name && is_allowed(dump, facts->peer))
		return 0;
	dump_refuse(dump, fd->task,
		    "%s: it is connected to %s, outside of the tree; close it before the dump, or %s, or leave it out by "
		    "--external 'unix[%lu]' and give it to the restore by --inherit-fd",
		    fd_describe(dump, fd), describe_peer(dump, facts->peer, name, size),
		    fd->socket->type == SOCK_DGRAM && size ? "allow it by --ext-unix-sk"
		    : size ? "have the restore connect it anew by --unix-reconnect=PATH"
			   : "dump both ends",
		    (unsigned long)fd->stat.st_ino);
	return 0;
}

/* The peer outside of the tree is a record of its own. */
int unix_write_outside(struct dump *dump, const struct unix_dump *state, const struct unix_facts *facts,
		       const UnixSkEntry *of)
{
	UnixSkEntry entry = UNIX_SK_ENTRY__INIT;
	FownEntry owner = FOWN_ENTRY__INIT;
	SkOptsEntry options = SK_OPTS_ENTRY__INIT;
	FileEntry record = FILE_ENTRY__INIT;

	entry.id = record.id = dump_new_file_id(dump);
	entry.ino = facts->peer;
	entry.type = SOCK_DGRAM;
	entry.state = UNIX_LISTEN;
	entry.uflags = UNIX_EXTERN;
	entry.fown = &owner;
	entry.opts = &options;
	entry.name.len = state->outside_size;
	entry.name.data = (uint8_t *)state->outside_name;
	entry.has_ns_id = of->has_ns_id;
	entry.ns_id = of->ns_id;
	record.type = FD_TYPES__UNIXSK;
	record.usk = &entry;
	return dump_write_file(dump, &record);
}
