/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of epoll: what it watches, found at the dump and watched again at the restore. */
#ifndef CRIU_OBJECTS_FD_EPOLL_INTERNAL_H
#define CRIU_OBJECTS_FD_EPOLL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "fdinfo.pb-c.h"

struct dump;
struct fd_info;
struct file;
struct restore;
struct task;

/* What is no condition to wait for; the kernel leaves only these of one that EPOLLONESHOT has disabled
 * (EP_PRIVATE_BITS of fs/eventpoll.c). */
#define EPOLL_PRIVATE (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)
#define EPOLL_CONDITIONS                                                                                 \
	(EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDNORM | EPOLLRDBAND | EPOLLWRNORM | \
	 EPOLLWRBAND | EPOLLMSG | EPOLLRDHUP)

static inline bool epoll_is_disabled(uint32_t events)
{
	return events & EPOLLONESHOT && !(events & ~(uint32_t)EPOLL_PRIVATE);
}

/* --- dump --- */

struct epoll_target {
	int number; /* at which it was added; its file may have another by now, or none */
	uint32_t events;
	uint64_t data, pos, inode;
	uint32_t dev;		  /* kernel's encoding */
	unsigned int nth;	  /* of those with this number, in the order of the kernel */
	const struct fd_info *fd; /* a descriptor of the tree that leads to it; NULL: none does */
	uint32_t delivered;	  /* edges that were told to the task already */
};

/* Fills fd of @target, a line of @epoll's fdinfo. 0 with NULL there: nobody in the tree has it. -errno: logged. */
int epoll_find_target(struct dump *dump, const struct fd_info *epoll, struct epoll_target *target);

/* --- restore --- */

/* One registration to be made again. */
struct epoll_item {
	const EventpollTfdEntry *record;
	struct file *file;
	const struct task *task; /* who makes it, in its own table; NULL: the process that restores */
	bool made;
};

/* The file that @record of @epoll leads to, NULL if the images have none. *@ret_task: a task that has both, it at its
 * number; may be NULL. */
struct file *epoll_find_file(struct restore *restore, const struct file *epoll,
			     const EventpollTfdEntry *record, const struct task **ret_task);
/* All of @items whose task is @task, to the epoll at descriptor @fd. */
int epoll_register(const struct restore *restore, const struct task *task, int fd, struct epoll_item *items,
		   size_t nr);

#endif
