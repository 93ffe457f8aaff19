/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of options.def as tables; for the modules of criu/options and the mapping of RPC fields. */
#ifndef CRIU_OPTIONS_TABLE_H
#define CRIU_OPTIONS_TABLE_H

#include "criu/options/options.h"

enum option_support { OPTION_AVAILABLE, OPTION_PERMISSION, OPTION_MISSING, OPTION_REMOVED };

/* Bits for option_row.verbs. */
enum {
#define VERB(id, ...) ON_##id = 1 << VERB_##id,
#include "criu/options/options.def"
};

struct verb_row {
	const char *name;
	const char *words;	 /* what follows it, for the usage text */
	const char *help;	 /* one sentence; for a removed verb: what took its place */
	unsigned int word_count; /* words that must follow it */
	bool images;		 /* needs the image directory */
	bool privileged;	 /* needs root */
	bool hidden;		 /* not in the list of the usage text */
	enum option_support support;
};

/* Rows for VERB_NONE + 1 ... VERB_NR - 1, at these indices. */
extern const struct verb_row verb_table[VERB_NR];
enum verb verb_find(const char *name);

enum option_type {
	OPTION_IS_group, /* heading of the rows that follow, in .name */
	OPTION_IS_action,
	OPTION_IS_flag,
	OPTION_IS_number,
	OPTION_IS_level,
	OPTION_IS_choice,
	OPTION_IS_cpu_capabilities,
	OPTION_IS_size,
	OPTION_IS_text,
	OPTION_IS_texts,
	OPTION_IS_externals,
	OPTION_IS_inherited_fds,
	OPTION_IS_ext_unix,
	OPTION_IS_address_maps,
};

struct option_choice {
	const char *name;
	int value;
};

struct option_row {
	const char *name;
	char letter; /* short form, 0: none */
	enum option_type type;
	size_t offset;	       /* of the field in struct options */
	bool alias;	       /* the field belongs to an earlier row */
	const char *arg;       /* name of the value in help, NULL: takes none */
	bool optional;	       /* the value may be missing; it is given with '=' only */
	const char *implied;   /* the value meant when it is missing */
	const char *initial;   /* value at start, NULL: 0, NULL or empty */
	bool twin;	       /* --no-NAME undoes it */
	bool only_words;       /* not in configuration files, not by RPC */
	bool hidden;	       /* neither in help nor in the man page */
	unsigned int verbs;    /* ON_ bits of the verbs that look at it, 0: all; others accept it too */
	int rpc;	       /* field number in criu_opts, 0: none */
	long minimum, maximum; /* of numbers */
	enum option_support support;
	bool (*accepts)(const char *value);  /* this build can serve the value; NULL: any */
	const struct option_choice *choices; /* ends with a NULL name */
	int (*parse)(struct options *options, const struct option_row *row, const char *value); /* NULL: by type */
	const char *help; /* one sentence without capital and full stop; for a removed option: what took its place */
	const char *more; /* further sentences for the man page */
};

extern const struct option_row option_table[OPTION_ROWS];

static inline void *option_field(struct options *options, const struct option_row *row)
{
	return (char *)options + row->offset;
}

/* Rows are found by their whole name; *@ret_negated tells that it was the no- twin. NULL: no such option. */
const struct option_row *option_find(const char *name, bool *ret_negated);
const struct option_row *option_find_letter(int letter);
const struct option_row *option_find_rpc(int number);

/* Stores @value (NULL for flags) or the opposite; logs errors. 0 or -errno. */
int option_store(struct options *options, const struct option_row *row, bool negated, const char *value);

/* Parsers and tests of values which options.def names. */
int parse_nothing(struct options *options, const struct option_row *row, const char *value);
int parse_close(struct options *options, const struct option_row *row, const char *value);
int parse_verbosity(struct options *options, const struct option_row *row, const char *value);
int parse_external(struct options *options, const struct option_row *row, const char *value);
int parse_inherit_fd(struct options *options, const struct option_row *row, const char *value);
int parse_ext_unix_sk(struct options *options, const struct option_row *row, const char *value);
int parse_tcp_map(struct options *options, const struct option_row *row, const char *value);
int parse_cpu_capabilities(struct options *options, const struct option_row *row, const char *value);
int parse_action_script(struct options *options, const struct option_row *row, const char *value);
bool accepts_external(const char *value);
bool accepts_join_ns(const char *value);

/* A copy of @text that lives as long as @options. NULL: no memory. */
char *options_own_text(struct options *options, const char *text);
int text_list_add(struct text_list *list, char *text);

/* One use of an option in a command line or a line of a configuration file. */
struct option_use {
	const struct option_row *row;
	bool negated;
	const char *value; /* points into the words given */
};

struct option_uses {
	struct option_use *items;
	size_t nr;
};

/* Splits @argv (argv[0] is skipped) into uses of options and other words (@ret_words, in their order). What follows
 * "--" is @ret_rest (index into argv; argc: nothing). @where names the source in errors. 0 or -errno, logged. */
int options_scan(int argc, char **argv, const char *where, struct option_uses *ret_uses,
		 struct text_list *ret_words, int *ret_rest);
int options_apply(struct options *options, const struct option_uses *uses);

#endif
