// SPDX-License-Identifier: GPL-2.0-only
/* options.def expanded into tables, and looking things up in them. */
#include "criu/options/table.h"

#include <string.h>

#include "criu/util/macros.h"

static const struct option_choice file_validation_choices[] = {
	{ "buildid", FILE_VALIDATION_BUILD_ID },
	{ "filesize", FILE_VALIDATION_SIZE },
	{},
};

static const struct option_choice network_lock_choices[] = {
	{ "iptables", NETWORK_LOCK_IPTABLES },
	{ "nftables", NETWORK_LOCK_NFTABLES },
	{ "skip", NETWORK_LOCK_SKIP },
	{ "none", NETWORK_LOCK_SKIP },
	{},
};

/* The value is the bit of the namespace. */
static const struct option_choice empty_ns_choices[] = {
	{ "none", 0 },
	{ "net", 0x40000000 },
	{},
};

static const struct option_choice manage_cgroups_choices[] = {
	{ "ignore", MANAGE_CGROUPS_IGNORE },
	{ "none", MANAGE_CGROUPS_NONE },
	{ "props", MANAGE_CGROUPS_PROPS },
	{ "soft", MANAGE_CGROUPS_SOFT },
	{ "full", MANAGE_CGROUPS_FULL },
	{ "strict", MANAGE_CGROUPS_STRICT },
	{},
};

static const struct option_choice pre_dump_mode_choices[] = {
	{ "splice", PRE_DUMP_SPLICE },
	{ "read", PRE_DUMP_READ },
	{},
};

const struct verb_row verb_table[VERB_NR] = {
#define VERB(id, verb_name, ...) [VERB_##id] = { .name = verb_name, __VA_ARGS__ },
#include "criu/options/options.def"
};

const struct option_row option_table[OPTION_ROWS] = {
#define OPTION_GROUP(title) { .name = title, .type = OPTION_IS_group },
#define OPTION(of_type, field, option_name, ...) \
	{ .name = option_name, .type = OPTION_IS_##of_type, .offset = offsetof(struct options, field), __VA_ARGS__ },
#define OPTION_ALIAS(of_type, field, option_name, ...) \
	{ .name = option_name,                         \
	  .type = OPTION_IS_##of_type,                 \
	  .alias = true,                               \
	  .offset = offsetof(struct options, field),   \
	  __VA_ARGS__ },
#define OPTION_ACTION(option_name, ...) { .name = option_name, .type = OPTION_IS_action, __VA_ARGS__ },
#include "criu/options/options.def"
};

enum verb verb_find(const char *name)
{
	for (enum verb verb = VERB_NONE + 1; verb < VERB_NR; verb++)
		if (!strcmp(verb_table[verb].name, name))
			return verb;
	return VERB_NONE;
}

const char *options_verb_name(enum verb verb)
{
	return verb > VERB_NONE && verb < VERB_NR ? verb_table[verb].name : "criu";
}

const struct option_row *option_find(const char *name, bool *ret_negated)
{
	const char *twin = strncmp(name, "no-", 3) ? NULL : name + 3;

	for (size_t i = 0; i < ARRAY_SIZE(option_table); i++) {
		const struct option_row *row = &option_table[i];

		if (row->type == OPTION_IS_group)
			continue;
		if (!strcmp(row->name, name)) {
			*ret_negated = false;
			return row;
		}
		if (twin && row->twin && !strcmp(row->name, twin)) {
			*ret_negated = true;
			return row;
		}
	}
	return NULL;
}

const struct option_row *option_find_letter(int letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(option_table); i++)
		if (option_table[i].letter && option_table[i].letter == letter)
			return &option_table[i];
	return NULL;
}

const struct option_row *option_find_rpc(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(option_table); i++)
		if (option_table[i].rpc && option_table[i].rpc == number)
			return &option_table[i];
	return NULL;
}
