// SPDX-License-Identifier: GPL-2.0-only
/* The whole of what the user said: configuration files first, then the command line, then the environment. */
#include "criu/options/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define EXIT_REMOVED_VERB 255

struct command_line {
	struct option_uses uses;
	struct text_list words; /* the verb and what follows it */
	char **rest;		/* behind "--"; ends with NULL */
};

static void command_line_free(struct command_line *line)
{
	free(line->uses.items);
	free(line->words.items);
}

void options_init(struct options *options)
{
	memset(options, 0, sizeof(*options));
	options->images_fd = -EBADF;
	for (size_t i = 0; i < ARRAY_SIZE(option_table); i++) {
		const struct option_row *row = &option_table[i];

		if (!row->initial || row->alias)
			continue;
		/* The initial number may lie outside of what a user may give: -1 for "none". */
		if (row->type == OPTION_IS_number)
			*(int *)option_field(options, row) = atoi(row->initial);
		else
			option_store(options, row, false, row->initial);
		options->given[i] = false;
	}
}

static void free_field(void *field, enum option_type type)
{
	switch (type) {
	case OPTION_IS_texts:
	case OPTION_IS_externals:
		free(((struct text_list *)field)->items);
		break;
	case OPTION_IS_inherited_fds:
		free(((struct inherited_fd_list *)field)->items);
		break;
	case OPTION_IS_ext_unix:
		free(((struct ext_unix_list *)field)->inodes);
		break;
	case OPTION_IS_address_maps:
		free(((struct address_map_list *)field)->items);
		break;
	default: /* texts belong to .owned */
		break;
	}
}

void options_free(struct options *options)
{
	if (!options)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(option_table); i++)
		if (!option_table[i].alias)
			free_field(option_field(options, &option_table[i]), option_table[i].type);
	for (size_t i = 0; i < options->owned.nr; i++)
		free(options->owned.items[i]);
	free(options->owned.items);
	free(options->exec_argv);
	if (options->images_fd >= 0)
		close(options->images_fd);
	memset(options, 0, sizeof(*options));
	options->images_fd = -EBADF;
}

int options_set(struct options *options, const char *name, const char *value)
{
	bool negated;
	const struct option_row *row = option_find(name, &negated);

	if (!row || row->only_words)
		return log_fail(-EINVAL, "unknown option: '%s'", name);
	if (negated || !row->arg ? value != NULL : !value && !row->optional)
		return log_fail(-EINVAL, "'%s': %s", name, value ? "takes no value" : "needs a value");
	return option_store(options, row, negated, value);
}

static bool is_used(const struct command_line *line, const char *name)
{
	for (size_t i = 0; i < line->uses.nr; i++)
		if (!strcmp(line->uses.items[i].row->name, name))
			return true;
	return false;
}

static int usage(int *ret_exit_code)
{
	options_print_usage(stdout);
	*ret_exit_code = EXIT_FAILURE;
	return 1;
}

/* --help and --version come before everything else: they work whatever the configuration files say. */
static bool print_what_was_asked(const struct command_line *line, int *ret_exit_code)
{
	for (size_t i = 0; i < line->uses.nr; i++) {
		const char *name = line->uses.items[i].row->name;

		if (!strcmp(name, "help"))
			options_print_help(stdout);
		else if (!strcmp(name, "version"))
			options_print_version(stdout);
		else
			continue;
		*ret_exit_code = EXIT_SUCCESS;
		return true;
	}
	return false;
}

/* The verb is the first word. 0, 1 (usage printed) or -errno. */
static int take_verb(struct options *options, const struct command_line *line, int *ret_exit_code)
{
	const char *name = line->words.nr ? line->words.items[0] : line->rest[0];
	enum verb verb = name ? verb_find(name) : VERB_NONE;
	const struct verb_row *row = &verb_table[verb];
	size_t words = line->words.nr ? line->words.nr - 1 : 0;

	if (verb == VERB_NONE)
		return usage(ret_exit_code);
	if (row->support == OPTION_REMOVED) {
		*ret_exit_code = EXIT_REMOVED_VERB;
		return log_fail(-EINVAL, "'%s' was removed: %s", row->name, row->help);
	}
	if (verb == VERB_SWRK && words != 1) {
		fprintf(stderr, "Usage: criu swrk <fd>\n");
		*ret_exit_code = EXIT_FAILURE;
		return 1;
	}
	if (words > row->word_count)
		return log_fail(-EINVAL, "%s: extra word: '%s'", row->name, line->words.items[1 + row->word_count]);
	if (words < row->word_count)
		return log_fail(-EINVAL, "%s: needs a word: %s", row->name, row->words);
	options->verb = verb;
	options->verb_word = words ? options_own_text(options, line->words.items[1]) : NULL;
	return 0;
}

static int take_exec_command(struct options *options, const struct command_line *line)
{
	char **rest = line->words.nr || !line->rest[0] ? line->rest : line->rest + 1;
	size_t nr = 0;

	while (rest[nr])
		nr++;
	if (!options->exec_cmd)
		return nr ? log_fail(-EINVAL, "%s: extra word: '%s'", options_verb_name(options->verb), rest[0])
			  : 0;
	if (!nr)
		return log_fail(-EINVAL, "--exec-cmd: no command follows '--'");
	options->exec_argv = calloc(nr + 1, sizeof(char *));
	if (!options->exec_argv)
		return log_errno(ENOMEM, "--exec-cmd");
	for (size_t i = 0; i < nr; i++) {
		options->exec_argv[i] = options_own_text(options, rest[i]);
		if (!options->exec_argv[i])
			return log_errno(ENOMEM, "--exec-cmd");
	}
	return 0;
}

static int read_all_configs(struct options *options, const struct command_line *line)
{
	bool no_defaults = is_used(line, "no-default-config") || is_used(line, "config");
	int error = options_read_default_configs(options, no_defaults);

	for (size_t i = 0; i < line->uses.nr && !error; i++)
		if (!strcmp(line->uses.items[i].row->name, "config"))
			error = options_read_config(options, line->uses.items[i].value);
	return error;
}

static int parse_fault(const char *text, enum fault_number *ret_fault)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (!*text || *end || (number > FAULT_POST_RESTORE && number < FAULT_MUST_SUCCEED) ||
	    number > FAULT_INTERRUPT_ONLY)
		return log_fail(-EINVAL, "CRIU_FAULT: '%s': no such fault", text);
	*ret_fault = number;
	return 0;
}

int options_read_environment(struct options *options)
{
	const char *fault = getenv("CRIU_FAULT"), *libdir = getenv("CRIU_LIBS_DIR");

	if (getenv("CRIU_DEPRECATED"))
		options->deprecated = true;
	options->pagemap_cache_off = getenv("CRIU_PMC_OFF");
	options->track_shmem = getenv("CRIU_TRACK_SHMEM");
	if (libdir && *libdir && !options->libdir)
		options->libdir = options_own_text(options, libdir);
	return fault ? parse_fault(fault, &options->fault) : 0;
}

static int apply_all(struct options *options, const struct command_line *line)
{
	int error = read_all_configs(options, line);

	error = error ?: options_apply(options, &line->uses);
	error = error ?: take_exec_command(options, line);
	error = error ?: options_read_environment(options);
	return error ?: options_check(options);
}

int options_parse(struct options *options, int argc, char **argv, int *ret_exit_code)
{
	_cleanup_(command_line_free) struct command_line line = {};
	int rest, error;

	options_init(options);
	*ret_exit_code = EXIT_FAILURE;
	error = options_scan(argc, argv, "command line", &line.uses, &line.words, &rest);
	if (error < 0)
		return error;
	line.rest = argv + rest;
	if (print_what_was_asked(&line, ret_exit_code))
		return 1;
	error = take_verb(options, &line, ret_exit_code);
	if (error)
		return error;
	return apply_all(options, &line);
}
