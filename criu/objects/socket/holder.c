// SPDX-License-Identifier: GPL-2.0-only
/* Sockets that somebody outside of the tree holds as well: the restored one would be another. */
#include "criu/objects/socket/holder.h"

#include "criu/objects/kinds.h"
#include "criu/objects/outside.h"
#include "criu/options/options.h"

int socket_survey_holders(struct dump *dump, const struct fd_info *fd)
{
	const struct outside_fd *holder;
	ssize_t nr;

	if (dump->options->leave_running || dump->options->leave_stopped)
		return 0;
	nr = outside_find_fds(dump, fd->link, &holder);
	if (nr > 0)
		dump_refuse(dump, fd->task,
			    "%s: the socket is held outside of the tree as well, by process %d (%s), descriptor %d; "
			    "close it there, or make that process a part of the tree",
			    fd_describe(dump, fd), holder->pid, holder->comm, holder->fd);
	return nr < 0 ? (int)nr : 0;
}
