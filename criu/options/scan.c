// SPDX-License-Identifier: GPL-2.0-only
/* Words of a command line, split by getopt_long into uses of options and the rest. Nothing is applied here. */
#include "criu/options/table.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "criu/util/log.h"
#include "criu/util/macros.h"

/* Long options answer with FIRST_LONG + 2 * row, one more for the no- twin. */
#define FIRST_LONG 256
#define OTHER_WORD 1 /* what getopt answers for words that are no options, as the string starts with '-' */

struct getopt_tables {
	char letters[3 + 3 * OPTION_ROWS];
	char twins[OPTION_ROWS][48];
	struct option longs[2 * OPTION_ROWS + 1];
};

static int argument_of(const struct option_row *row)
{
	return !row->arg ? no_argument : row->optional ? optional_argument : required_argument;
}

/* '-': words in order, nothing is moved (and POSIXLY_CORRECT changes nothing); ':' tells missing values apart. */
static void fill_tables(struct getopt_tables *tables)
{
	char *letter = stpcpy(tables->letters, "-:");
	struct option *entry = tables->longs;

	for (size_t i = 0; i < ARRAY_SIZE(option_table); i++) {
		const struct option_row *row = &option_table[i];

		if (row->type == OPTION_IS_group)
			continue;
		*entry++ = (struct option){ row->name, argument_of(row), NULL, FIRST_LONG + 2 * i };
		if (row->twin) {
			snprintf(tables->twins[i], sizeof(tables->twins[i]), "no-%s", row->name);
			*entry++ = (struct option){ tables->twins[i], no_argument, NULL, FIRST_LONG + 2 * i + 1 };
		}
		if (row->letter && option_find_letter(row->letter) == row) {
			*letter++ = row->letter;
			letter = stpcpy(letter, (const char *[]){ "", ":", "::" }[argument_of(row)]);
		}
	}
	*letter = '\0';
	*entry = (struct option){};
}

static bool is_ambiguous(const struct getopt_tables *tables, const char *word)
{
	size_t length = strcspn(word, "=");
	unsigned int matches = 0;

	for (const struct option *entry = tables->longs; entry->name; entry++)
		matches += !strncmp(entry->name, word, length);
	return matches > 1;
}

static int report_error(const struct getopt_tables *tables, int answer, const char *word, const char *where)
{
	bool is_long = !strncmp(word, "--", 2);

	if (answer == ':')
		return is_long ? log_fail(-EINVAL, "%s: '%s': needs a value", where, word)
			       : log_fail(-EINVAL, "%s: '-%c': needs a value", where, optopt);
	if (optopt >= FIRST_LONG)
		return log_fail(-EINVAL, "%s: '%s': takes no value", where, word);
	if (optopt)
		return log_fail(-EINVAL, "%s: unknown option: '-%c'", where, optopt);
	if (is_ambiguous(tables, word + 2))
		return log_fail(-EINVAL, "%s: '%s': stands for more than one option", where, word);
	return log_fail(-EINVAL, "%s: unknown option: '%s'", where, word);
}

static int add_use(struct option_uses *uses, int answer, const char *value)
{
	struct option_use use = { .value = value };
	struct option_use *items;

	if (answer >= FIRST_LONG) {
		use.row = &option_table[(answer - FIRST_LONG) / 2];
		use.negated = (answer - FIRST_LONG) % 2;
	} else {
		use.row = option_find_letter(answer);
	}
	items = reallocarray(uses->items, uses->nr + 1, sizeof(*items));
	if (!items)
		return log_errno(ENOMEM, "options");
	items[uses->nr++] = use;
	uses->items = items;
	return 0;
}

int options_scan(int argc, char **argv, const char *where, struct option_uses *ret_uses,
		 struct text_list *ret_words, int *ret_rest)
{
	struct getopt_tables tables;
	struct option_uses uses = {};
	struct text_list words = {};
	int answer, error = 0;

	fill_tables(&tables);
	opterr = 0;
	optind = 0; /* glibc: start afresh */
	while (!error && (answer = getopt_long(argc, argv, tables.letters, tables.longs, NULL)) >= 0) {
		if (answer == OTHER_WORD)
			error = text_list_add(&words, optarg);
		else if (answer == '?' || answer == ':')
			error = report_error(&tables, answer, argv[optind - 1], where);
		else
			error = add_use(&uses, answer, optarg);
	}
	if (error < 0) {
		free(uses.items);
		free(words.items);
		return error;
	}
	*ret_uses = uses;
	*ret_words = words;
	*ret_rest = optind;
	return 0;
}

int options_apply(struct options *options, const struct option_uses *uses)
{
	int error = 0;

	for (size_t i = 0; i < uses->nr && !error; i++)
		error = option_store(options, uses->items[i].row, uses->items[i].negated, uses->items[i].value);
	return error;
}
