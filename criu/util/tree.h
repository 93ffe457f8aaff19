/* SPDX-License-Identifier: GPL-2.0-only */
/* Red-black trees of libbsd, made usable for one file: its RB_GENERATE_STATIC relies on a macro of BSD. */
#ifndef CRIU_UTIL_TREE_H
#define CRIU_UTIL_TREE_H

#include <bsd/sys/tree.h>

#define RB_GENERATE_LOCAL(name, type, field, compare) \
	RB_GENERATE_INTERNAL(name, type, field, compare, __attribute__((unused)) static)

#endif
