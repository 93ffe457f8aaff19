// SPDX-License-Identifier: GPL-2.0-only
/* What criu says about itself: usage, help (no line over 80 columns) and version. */
#include "criu/options/table.h"

#include <stdio.h>
#include <string.h>

#include "criu/util/macros.h"

#define HELP_WIDTH 80
#define HELP_COLUMN 30 /* where the text of an option starts */

/* Prints @text word by word from column @column on (the cursor is at @at), in lines of HELP_WIDTH. */
static void print_wrapped(FILE *out, size_t at, size_t column, const char *text)
{
	if (at >= column) {
		fputc('\n', out);
		at = 0;
	}
	fprintf(out, "%*s", (int)(column - at), "");
	at = column;
	while (*text) {
		size_t length = strcspn(text, " ");
		bool first = at == column;

		if (!first && at + 1 + length > HELP_WIDTH) {
			fprintf(out, "\n%*s", (int)column, "");
			at = column;
			first = true;
		}
		fprintf(out, "%s%.*s", first ? "" : " ", (int)length, text);
		at += length + !first;
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void print_option(FILE *out, const struct option_row *row)
{
	char left[80], letter[8] = "    ", arg[40] = "", text[512];

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	if (row->arg)
		snprintf(arg, sizeof(arg), row->optional ? "[=%s]" : " %s", row->arg);
	snprintf(left, sizeof(left), "  %s--%s%s%s", letter, row->twin ? "[no-]" : "", row->name, arg);
	snprintf(text, sizeof(text), "%s%s%s%s%s", row->help, row->initial && row->initial[0] != '-' ? " [" : "",
		 row->initial && row->initial[0] != '-' ? row->initial : "",
		 row->initial && row->initial[0] != '-' ? "]" : "",
		 row->support == OPTION_MISSING ? " (not available in this build)" : "");
	fputs(left, out);
	print_wrapped(out, strlen(left), HELP_COLUMN, text);
}

static void print_verbs(FILE *out)
{
	for (enum verb verb = VERB_NONE + 1; verb < VERB_NR; verb++) {
		const struct verb_row *row = &verb_table[verb];
		char text[256];

		if (row->hidden)
			continue;
		snprintf(text, sizeof(text), "%s%s", row->help,
			 row->support == OPTION_MISSING ? " (not available in this build)" : "");
		fprintf(out, "  %-12s", row->name);
		print_wrapped(out, 2 + MAX(12, strlen(row->name)), 16, text);
	}
}

static void print_synopsis(FILE *out)
{
	fputs("Usage:\n", out);
	for (enum verb verb = VERB_NONE + 1; verb < VERB_NR; verb++)
		if (!verb_table[verb].hidden)
			fprintf(out, "  criu %s %s\n", verb_table[verb].name, verb_table[verb].words);
	fputs("  criu --help | --version\n", out);
}

void options_print_usage(FILE *out)
{
	print_synopsis(out);
	fputs("\n'criu --help' explains the verbs and lists all options.\n", out);
}

void options_print_help(FILE *out)
{
	print_synopsis(out);
	fputs("\nVerbs:\n", out);
	print_verbs(out);
	for (size_t i = 0; i < ARRAY_SIZE(option_table); i++) {
		const struct option_row *row = &option_table[i];

		if (row->type == OPTION_IS_group)
			fprintf(out, "\n%s:\n", row->name);
		else if (!row->hidden)
			print_option(out, row);
	}
	fputs("\n[no-] marks options that --no-NAME undoes; values in [brackets] at the end of\n"
	      "a text are the defaults. SIZE may end in K, M or G.\n",
	      out);
}

void options_print_version(FILE *out)
{
	fprintf(out, "Version: %s\n", CRIU_VERSION);
#ifdef GITID
	fprintf(out, "GitID: %s\n", GITID);
#endif
}
