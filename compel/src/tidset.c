// SPDX-License-Identifier: LGPL-2.1-only
/* A set of pids, so that reading lists again and again stays cheap with very many threads. */
#include <errno.h>
#include <stdlib.h>

#include <bsd/sys/tree.h>

#include "compel/src/internal.h"

struct tid {
	RB_ENTRY(tid) link;
	pid_t tid;
};

static int tid_compare(const struct tid *a, const struct tid *b)
{
	return (a->tid > b->tid) - (a->tid < b->tid);
}

RB_HEAD(tidset, tid);
RB_GENERATE_INTERNAL(tidset, tid, link, tid_compare, static __attribute__((unused)))

int tidset_new(struct tidset **ret_set)
{
	struct tidset *set = malloc(sizeof(*set));

	if (!set)
		return -ENOMEM;
	RB_INIT(set);
	*ret_set = set;
	return 0;
}

void tidset_free(struct tidset *set)
{
	struct tid *entry;

	if (!set)
		return;
	while ((entry = RB_MIN(tidset, set))) {
		RB_REMOVE(tidset, set, entry);
		free(entry);
	}
	free(set);
}

int tidset_add(struct tidset *set, pid_t tid)
{
	struct tid *entry = malloc(sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	entry->tid = tid;
	if (!RB_INSERT(tidset, set, entry))
		return 1;
	free(entry);
	return 0;
}
