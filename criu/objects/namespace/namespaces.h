/* SPDX-License-Identifier: GPL-2.0-only */
/* What all types of namespaces have in common. */
#ifndef CRIU_OBJECTS_NAMESPACE_NAMESPACES_H
#define CRIU_OBJECTS_NAMESPACE_NAMESPACES_H

#include "criu/objects/kinds.h"

const struct namespace_kind *namespace_kind_of(enum namespace_type type);

/* The namespace of this type that a task is in; NULL: it has none that we know of. */
struct namespace *dump_namespace_of(const struct dump *dump, const struct task *task, enum namespace_type type);
struct namespace *restore_namespace_of(const struct restore *restore, const struct task *task,
				       enum namespace_type type);

/* The calling process goes into a namespace for a while, and back. *@ret_back: for namespace_leave(); -EBADF if it is
 * in it already. 0 or -errno, logged. */
int namespace_enter(const struct namespace *namespace, int *ret_back);
int namespace_leave(const struct namespace *namespace, int back);

/* Asks the kinds. */
int namespaces_survey(struct dump *dump);

/* The root of the tree, before it has children: into the namespaces that were made for it. */
int namespaces_join(const struct restore *restore);

#endif
