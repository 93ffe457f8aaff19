// SPDX-License-Identifier: GPL-2.0-only
/* The list of kinds of namespaces. */
#include "criu/objects/kinds.h"

#include "criu/util/macros.h"

#define FD_KIND(name)
#define MAPPING_KIND(name)
#define TASK_KIND(name)
#define GLOBAL_KIND(name)

#define NAMESPACE_KIND(name) extern const struct namespace_kind name##_kind;
#include "criu/objects/kinds.def"
#undef NAMESPACE_KIND

const struct namespace_kind *const namespace_kinds[] = {
#define NAMESPACE_KIND(name) &name##_kind,
#include "criu/objects/kinds.def"
};
const size_t nr_namespace_kinds = ARRAY_SIZE(namespace_kinds);
