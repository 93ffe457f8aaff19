// SPDX-License-Identifier: GPL-2.0-only
/* Sockets that somebody outside of the tree holds as well: the restored one would be another. The survey of simple families. */
#include "criu/objects/socket/holder.h"

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/outside.h"
#include "criu/objects/socket/options.h"
#include "criu/objects/socket/socket-namespace.h"
#include "criu/options/options.h"

int socket_survey_holders(struct dump *dump, const struct fd_info *fd, const char *what)
{
	const struct outside_fd *holder;
	ssize_t nr;

	if (dump->options->leave_running || dump->options->leave_stopped)
		return 0;
	nr = outside_find_fds(dump, fd->link, &holder);
	if (nr > 0)
		dump_refuse(dump, fd->task,
			    "%s: the %s is held outside of the tree as well, by process %d (%s), descriptor %d; "
			    "close it there, or make that process a part of the tree",
			    fd_describe(dump, fd), what, holder->pid, holder->comm, holder->fd);
	return nr < 0 ? (int)nr : 0;
}

int socket_survey_simple(struct dump *dump, const struct fd_info *fd, const void *kind,
			 int (*look)(struct dump *dump, const struct fd_info *fd))
{
	bool is_new;
	int ret = socket_options_survey(dump, fd);

	if (ret == 0)
		ret = fd_owner_survey(dump, fd);
	kind_state_get(&dump->kind_state, &dump->arena, kind, fd->stat.st_ino, 1, &is_new);
	if (ret < 0 || !is_new)
		return ret;
	socket_survey_namespace(dump, fd);
	ret = socket_survey_holders(dump, fd, "socket");
	return ret < 0 ? ret : look(dump, fd);
}
