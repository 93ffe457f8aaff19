// SPDX-License-Identifier: GPL-2.0-only
/* The list of mapping kinds. */
#include "criu/objects/kinds.h"

#include "criu/util/macros.h"

#define NAMESPACE_KIND(name)
#define FD_KIND(name)
#define TASK_KIND(name)
#define GLOBAL_KIND(name)

#define MAPPING_KIND(name) extern const struct mapping_kind name##_kind;
#include "criu/objects/kinds.def"
#undef MAPPING_KIND

const struct mapping_kind *const mapping_kinds[] = {
#define MAPPING_KIND(name) &name##_kind,
#include "criu/objects/kinds.def"
};
const size_t nr_mapping_kinds = ARRAY_SIZE(mapping_kinds);

const struct mapping_kind *mapping_kind_find(const struct mapping *mapping)
{
	for (size_t i = 0; i < nr_mapping_kinds; i++)
		if (mapping_kinds[i]->matches(mapping))
			return mapping_kinds[i];
	return NULL;
}

const struct mapping_kind *mapping_kind_of_record(const VmaEntry *record)
{
	for (size_t i = 0; i < nr_mapping_kinds; i++)
		if (mapping_kinds[i]->reads(record))
			return mapping_kinds[i];
	return NULL;
}
