// SPDX-License-Identifier: GPL-2.0-only
/* The list of kinds of task state. */
#include "criu/objects/kinds.h"

#include "criu/util/macros.h"

#define NAMESPACE_KIND(name)
#define FD_KIND(name)
#define MAPPING_KIND(name)
#define GLOBAL_KIND(name)

#define TASK_KIND(name) extern const struct task_kind name##_kind;
#include "criu/objects/kinds.def"
#undef TASK_KIND

const struct task_kind *const task_kinds[] = {
#define TASK_KIND(name) &name##_kind,
#include "criu/objects/kinds.def"
};
const size_t nr_task_kinds = ARRAY_SIZE(task_kinds);
