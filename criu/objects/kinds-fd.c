// SPDX-License-Identifier: GPL-2.0-only
/* The list of descriptor kinds. A list a file: who uses one family need not link all the others. */
#include "criu/objects/kinds.h"

#include "criu/util/macros.h"

#define NAMESPACE_KIND(name)
#define MAPPING_KIND(name)
#define TASK_KIND(name)
#define GLOBAL_KIND(name)

#define FD_KIND(name) extern const struct fd_kind name##_kind;
#include "criu/objects/kinds.def"
#undef FD_KIND

const struct fd_kind *const fd_kinds[] = {
#define FD_KIND(name) &name##_kind,
#include "criu/objects/kinds.def"
};
const size_t nr_fd_kinds = ARRAY_SIZE(fd_kinds);

const struct fd_kind *fd_kind_find(const struct fd_info *fd)
{
	for (size_t i = 0; i < nr_fd_kinds; i++)
		if (fd_kinds[i]->matches(fd))
			return fd_kinds[i];
	return NULL;
}

const struct fd_kind *fd_kind_of_record(const FileEntry *record)
{
	for (size_t i = 0; i < nr_fd_kinds; i++)
		if (fd_kinds[i]->type == record->type && (!fd_kinds[i]->reads || fd_kinds[i]->reads(record)))
			return fd_kinds[i];
	return NULL;
}
