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

/* mqueue-view.c: a queue in the memory of the kernel. -errno, not logged. */
struct kernel_view;
struct mqueue_view {
	struct kernel_view *view; /* of the dump */
	uint64_t info;
};

#define MQUEUE_COOKIE_SIZE 32 /* NOTIFY_COOKIE_LEN, include/linux/mqueue.h */

int mqueue_view_open(struct dump *dump, int fd, struct mqueue_view *ret_queue);
int mqueue_view_value(const struct mqueue_view *queue, uint64_t *ret_value);
/* Has the task that is registered executed a program since? */
int mqueue_view_executed(const struct mqueue_view *queue, bool *ret_executed);
/* The struct sock that a message is sent to, and which. */
int mqueue_view_cookie(const struct mqueue_view *queue, uint64_t *ret_socket, uint8_t cookie[MQUEUE_COOKIE_SIZE]);
/* All @nr messages of @bytes in all; -ESTALE: it has others. Without @arena they are only looked for. */
int mqueue_view_messages(const struct mqueue_view *queue, size_t nr, uint64_t bytes, struct arena *arena,
			 MqueueEntry *ret_queue);

/* mqueue-notify.c: a registration by mq_notify(3). */
struct mqueue_notice {
	pid_t pid;  /* 0: there is none */
	int notify; /* SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD */
	int signal;
	uint64_t value;
	int socket; /* of SIGEV_THREAD: a descriptor of the task */
	uint8_t cookie[MQUEUE_COOKIE_SIZE];
};

/* Refuses what cannot be kept, of a queue with that many messages. */
void mqueue_survey_notice(struct dump *dump, const struct mqueue *queue, const struct mqueue_text *text,
			  uint64_t messages, struct mqueue_notice *notice);
void mqueue_dump_notice(struct dump *dump, const struct mqueue_notice *notice, MqueueEntry *record);
/* To take its messages out and put them back would end it. */
int mqueue_read_noticed(struct dump *dump, const struct mqueue *queue, MqueueEntry *ret_queue);

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
