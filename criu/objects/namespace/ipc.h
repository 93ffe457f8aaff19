/* SPDX-License-Identifier: GPL-2.0-only */
/* What others ask about the objects of IPC namespaces. */
#ifndef CRIU_OBJECTS_NAMESPACE_IPC_H
#define CRIU_OBJECTS_NAMESPACE_IPC_H

#include "criu/objects/kinds.h"

struct ipc_object;

/* Dump: the same of the living tree. */
const struct ipc_object *ipc_dumped_segment(const struct dump *dump, const struct task *task, uint64_t id);
/* Dump: which device POSIX message queues of an own namespace are on. 0 or -errno, logged. */
int ipc_queues_device(struct dump *dump, const struct namespace *namespace, dev_t *ret_device);
/* Restore: the segment of a task's namespace; NULL without one. */
const struct ipc_object *ipc_restored_segment(const struct restore *restore, const struct task *task, uint64_t id);
/* In whole pages. */
uint64_t ipc_segment_size(const struct ipc_object *segment);

/* A set of semaphores, dump or restore. */
struct semaphore_set {
	int id;
	uint32_t nr;
	const uint32_t *users; /* pids of who changed each last; NULL: not known */
	bool fresh;	       /* nobody has called semop() for it */
	struct ipc_object *object;
};

/* The sets of a task's namespace, one after the other: *@place is NULL at first. False: there are no more. */
bool ipc_next_set(const struct namespace *namespace, struct ipc_object **place, struct semaphore_set *ret_set);
/* Dump: the tree uses it, for sure. */
void ipc_keep_set(const struct semaphore_set *set);

#endif
