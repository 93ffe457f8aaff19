// SPDX-License-Identifier: GPL-2.0-only
/* The list of kinds that are dumped and made as a whole. */
#include "criu/objects/kinds.h"

#include "criu/util/macros.h"

#define NAMESPACE_KIND(name)
#define FD_KIND(name)
#define MAPPING_KIND(name)
#define TASK_KIND(name)

#define GLOBAL_KIND(name) extern const struct global_kind name##_kind;
#include "criu/objects/kinds.def"
#undef GLOBAL_KIND

const struct global_kind *const global_kinds[] = {
#define GLOBAL_KIND(name) &name##_kind,
#include "criu/objects/kinds.def"
};
const size_t nr_global_kinds = ARRAY_SIZE(global_kinds);
