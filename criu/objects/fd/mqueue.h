/* SPDX-License-Identifier: GPL-2.0-only */
/* POSIX message queues, opened or not. */
#ifndef CRIU_OBJECTS_FD_MQUEUE_H
#define CRIU_OBJECTS_FD_MQUEUE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "mqueue.pb-c.h"

struct dump;
struct restore;
struct task;

/* A queue for the survey and the dump. */
struct mqueue {
	const struct task *task; /* for messages: it has to do with the queue */
	const char *what;	 /* for messages: "descriptor 3 ('/queue')" */
	char *name;		 /* without "/" */
	struct stat stat;
	int fd; /* our own, for both directions, without blocking */
};

/* Refuses what cannot be kept of the queue; once a queue. */
int mqueue_survey_queue(struct dump *dump, const struct mqueue *queue);
/* After the survey: has a task of the tree it open? Then it is dumped with its first description. */
bool mqueue_is_open(struct dump *dump, const struct stat *stat);
/* All that it is and holds. Not logged. */
int mqueue_dump_queue(struct dump *dump, const struct mqueue *queue, MqueueEntry *ret_record);

/* Is a record one of a queue that can be? */
bool mqueue_is_proper(const MqueueEntry *record);
/* In the IPC namespace that we are in, which has no such queue. */
int mqueue_make_unopened(struct restore *restore, const MqueueEntry *record);

#endif
