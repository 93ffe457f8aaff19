/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of POSIX message queues share. */
#ifndef CRIU_OBJECTS_FD_MQUEUE_INTERNAL_H
#define CRIU_OBJECTS_FD_MQUEUE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "mqueue.pb-c.h"

struct arena;
struct dump;
struct made;
struct mqueue;
struct restore;

/* Bounds of the kernel (include/linux/ipc_namespace.h): HARD_MSGMAX, HARD_MSGSIZEMAX. */
#define MQUEUE_MESSAGES_MAX 65536U
#define MQUEUE_SIZE_MAX (16U << 20)
#define MQUEUE_PRIORITY_MAX 32768U
/* What a record takes, with room for the lengths of the messages. */
#define MQUEUE_CONTENTS_MAX (48UL << 20)

/* What the file of a queue has as its text. */
struct mqueue_text {
	uint64_t bytes;
	int notify_pid;	   /* who is registered for notifications: 0 for nobody */
	int notify;	   /* SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD */
	int notify_signal; /* of SIGEV_SIGNAL */
};

/* The time of the last read, which this would change, is put back. @fd is open for reading. */
int mqueue_read_text(int fd, const struct stat *times, struct mqueue_text *ret_text);

/* mqueue-contents.c: messages can only be read by taking them out. All are taken, and put back at once in the same order,
 * by us or, if we are killed, by a process that holds our end back until it has done that: -EPERM if we are traced. Who
 * has the queue open must not run meanwhile. @fd is open for both, without blocking. Fills the messages of @ret_queue. */
int mqueue_read_messages(int fd, const struct stat *times, struct arena *arena, MqueueEntry *ret_queue);
int mqueue_write_messages(int fd, const MqueueEntry *queue);

/* mqueue-notify.c: a registration by mq_notify(3). */
struct mqueue_notice {
	pid_t pid; /* 0: there is none */
	bool has_signal;
	int signal;
	uint64_t value;
};

/* Refuses what cannot be kept, of a queue with that many messages. */
void mqueue_survey_notice(struct dump *dump, const struct mqueue *queue, const struct mqueue_text *text,
			  uint64_t messages, struct mqueue_notice *notice);
void mqueue_dump_notice(const struct mqueue_notice *notice, MqueueEntry *record);

/* mqueue-make.c */
struct mqueue_restore {
	const MqueueEntry *record;
	unsigned int left; /* descriptions that are still to be opened */
	int fd;		   /* service number; -EBADF: not there yet */
	char *name;	   /* by which it can be opened now, NULL: by none */
	struct made *made; /* by us */
};

struct mqueue_restore *mqueue_restore_state(struct restore *restore, uint32_t id);
/* Is such a queue there already? Refuses one that differs. In a namespace of the tree's own there is none. */
int mqueue_check_host(struct restore *restore, struct mqueue_restore *queue);
/* Made, with all that it holds, unless it is there. */
int mqueue_make(struct restore *restore, struct mqueue_restore *queue);
/* No description is to be opened by its name any more. */
int mqueue_settle(struct restore *restore, struct mqueue_restore *queue);

#endif
