/* SPDX-License-Identifier: GPL-2.0-only */
/* Namespaces as objects of a checkpoint: each with an id, a type and the tasks that are in it. */
#ifndef CRIU_MODEL_NAMESPACE_H
#define CRIU_MODEL_NAMESPACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core.pb-c.h"

struct task;
struct namespace_kind;

/* In the order in which ids are given (format sheet, section 3). */
enum namespace_type {
	NAMESPACE_PID,
	NAMESPACE_NET,
	NAMESPACE_IPC,
	NAMESPACE_UTS,
	NAMESPACE_TIME,
	NAMESPACE_MNT,
	NAMESPACE_USER,
	NAMESPACE_CGROUP,
	NAMESPACE_TYPES,
};

struct namespace
{
	TAILQ_ENTRY(namespace) link;
	enum namespace_type type;
	uint32_t id;		  /* as in images; those of the dumper come first */
	bool own;		  /* not that of the dumper: to be made anew */
	const struct task *first; /* the first of the tasks in it: parents before children; NULL: nobody */
	unsigned int nr_tasks;
	uint64_t inode; /* dump */
	bool given;	/* restore: made by somebody else, not to be filled */
	int fd; /* restore: one to be entered by the tree, a number of the service range; -EBADF: none */
	void *object; /* of its kind */
};

TAILQ_HEAD(namespace_list, namespace);

/* "ipc": as in /proc/PID/ns. */
const char *namespace_type_name(enum namespace_type type);
/* CLONE_NEW*. */
int namespace_clone_flag(enum namespace_type type);
/* The field of a record of ids; 0: images of others need not have it. */
uint32_t namespace_get_id(const TaskKobjIdsEntry *ids, enum namespace_type type);
void namespace_set_id(TaskKobjIdsEntry *ids, enum namespace_type type, uint32_t id);
/* NULL without one. */
struct namespace *namespace_find(const struct namespace_list *list, enum namespace_type type, uint32_t id);

#endif
