// SPDX-License-Identifier: GPL-2.0-only
/* Configuration files: each line becomes one word "--key=value" for the parser of the command line. */
#include "criu/options/table.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define DEFAULT_CONFIG "/etc/criu/default.conf"
#define USER_CONFIG ".criu/default.conf"

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r\n\v\f");
}

/* Copies one value, up to a blank or, after a double quote, up to the next one; \" and \\ stand for themselves
 * between quotes. Returns what follows it, or NULL if the quotes are not closed. */
static const char *copy_value(const char *text, char *to)
{
	if (*text != '"') {
		while (*text && !isspace((unsigned char)*text))
			*to++ = *text++;
		*to = '\0';
		return text;
	}
	for (text++; *text != '"'; text++) {
		if (text[0] == '\\' && (text[1] == '"' || text[1] == '\\'))
			text++;
		if (!*text)
			break;
		*to++ = *text;
	}
	*to = '\0';
	return *text ? text + 1 : NULL;
}

/* Writes "--key" or "--key=value" into @ret_word, which has strlen(line) + 4 bytes; "" for a line that says nothing.
 * Returns NULL or what is wrong with the line. */
static const char *config_word_from_line(const char *line, char *ret_word)
{
	size_t key;

	*ret_word = '\0';
	line = skip_blanks(line);
	if (!*line || *line == '#')
		return NULL;
	key = strcspn(line, "= \t\r\n\v\f");
	sprintf(ret_word, "--%.*s", (int)key, line);
	line += key;
	if (*line != '=')
		line = skip_blanks(line);
	else if (isspace((unsigned char)line[1]) || !line[1])
		return "nothing follows '='";
	else
		line++;
	if (*line && (line[-1] == '=' || *line != '#')) {
		char *to = stpcpy(ret_word + strlen(ret_word), "=");

		line = copy_value(line, to);
		if (!line)
			return "missing '\"' at its end";
		if (*line && !isspace((unsigned char)*line))
			return "text behind the second '\"'";
	}
	line = skip_blanks(line);
	return *line && *line != '#' ? "more than one value" : NULL;
}

static int apply_word(struct options *options, char *word, const char *where)
{
	char *argv[] = { (char *)"criu", word, NULL };
	struct option_uses uses;
	struct text_list words;
	int rest;
	int error = options_scan(2, argv, where, &uses, &words, &rest);

	if (error < 0)
		return error;
	if (uses.nr && uses.items[0].row->only_words)
		error = log_fail(-EINVAL, "%s: '%s': not in a configuration file", where, word);
	else if (!uses.nr) /* "--" alone */
		error = log_fail(-EINVAL, "%s: '%s': no option", where, word);
	else
		error = options_apply(options, &uses);
	free(uses.items);
	free(words.items);
	return error;
}

static int read_line(struct options *options, const char *line, const char *where)
{
	_cleanup_free_ char *word = malloc(strlen(line) + 4);
	const char *wrong;

	if (!word)
		return log_errno(ENOMEM, "%s", where);
	wrong = config_word_from_line(line, word);
	if (wrong)
		return log_fail(-EINVAL, "%s: '%s': %s", where, word, wrong);
	return *word ? apply_word(options, word, where) : 0;
}

static int read_lines(struct options *options, FILE *file, const char *path)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t length;

	while ((length = getline(&line, &size, file)) >= 0) {
		_cleanup_free_ char *where = NULL;
		int error;

		if (asprintf(&where, "%s:%zu", path, ++number) < 0)
			return log_errno(ENOMEM, "%s", path);
		if (strlen(line) != (size_t)length)
			return log_fail(-EINVAL, "%s: a NUL byte", where);
		error = read_line(options, line, where);
		if (error < 0)
			return error;
	}
	return ferror(file) ? log_errno(errno, "configuration file: '%s'", path) : 0;
}

int options_read_config(struct options *options, const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");

	if (file)
		return read_lines(options, file, path);
	if (errno != ENOENT && errno != ENOTDIR)
		return log_errno(errno, "configuration file: '%s'", path);
	log_debug("no configuration file '%s'", path);
	return 0;
}

int options_read_default_configs(struct options *options, bool no_defaults)
{
	const char *home = getenv("HOME"), *named = getenv("CRIU_CONFIG_FILE");
	int error = 0;

	if (!no_defaults)
		error = options_read_config(options, DEFAULT_CONFIG);
	if (!error && !no_defaults && home && *home) {
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s/" USER_CONFIG, home) < 0)
			return log_errno(ENOMEM, "%s", home);
		error = options_read_config(options, path);
	}
	if (!error && named && *named)
		error = options_read_config(options, named);
	return error;
}
