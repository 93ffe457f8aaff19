/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of registrations for messages have in common. */
#ifndef ZDTM_MQUEUE_NOTICE_H
#define ZDTM_MQUEUE_NOTICE_H

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

/* A queue for @messages of at most @size bytes, without a name. */
static inline int make_queue(const char *name, long messages, long size)
{
	struct mq_attr attributes = { .mq_maxmsg = messages, .mq_msgsize = size };
	int queue;

	mq_unlink(name);
	queue = must(mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attributes));
	must(mq_unlink(name));
	return queue;
}

/* Does nobody wait for its next message? */
static inline bool is_free(int queue)
{
	const struct sigevent none = { .sigev_notify = SIGEV_NONE };
	pid_t child = must(fork());
	int status = 0;

	if (child == 0)
		_exit(mq_notify(queue, &none) == 0 ? 0 : errno == EBUSY ? 1 : 2);
	check(must(waitpid(child, &status, 0)) == child && WIFEXITED(status) && WEXITSTATUS(status) < 2,
	      "status %x", status);
	return WEXITSTATUS(status) == 0;
}

#endif
