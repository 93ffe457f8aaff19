// SPDX-License-Identifier: GPL-2.0-only
/* Values of options: from text into the fields of struct options, by type or by a function of their own. */
#include "criu/options/table.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

static int refuse_value(const struct option_row *row, const char *value, const char *expected)
{
	return log_fail(-EINVAL, "--%s: '%s': %s", row->name, value, expected);
}

/* Decimal digits only: no blanks, no sign but a minus, nothing behind. */
static int number_from_text(const char *text, long *ret_number)
{
	char *end;
	long number;

	if (!isdigit((unsigned char)text[text[0] == '-']))
		return -EINVAL;
	errno = 0;
	number = strtol(text, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno)
		return -errno;
	*ret_number = number;
	return 0;
}

static int parse_number(struct options *options, const struct option_row *row, const char *value)
{
	long number;

	if (number_from_text(value, &number) < 0)
		return refuse_value(row, value, "not a number");
	if (number < row->minimum || number > row->maximum)
		return log_fail(-EINVAL, "--%s: '%s': must be between %ld and %ld", row->name, value,
				row->minimum, row->maximum);
	*(int *)option_field(options, row) = number;
	return 0;
}

static int parse_size(struct options *options, const struct option_row *row, const char *value)
{
	static const char suffixes[] = "KMG";
	const char *suffix;
	unsigned int shift = 0;
	unsigned long long size;
	char *end;

	if (!isdigit((unsigned char)value[0]))
		return refuse_value(row, value, "not a size");
	errno = 0;
	size = strtoull(value, &end, 10);
	if (errno)
		return refuse_value(row, value, "too large");
	suffix = *end ? strchr(suffixes, toupper((unsigned char)*end)) : NULL;
	if (suffix) {
		shift = 10 * (suffix - suffixes + 1);
		end++;
	}
	if (*end)
		return refuse_value(row, value, "not a size: digits and one of K, M, G");
	if (size > UINT64_MAX >> shift)
		return refuse_value(row, value, "too large");
	*(uint64_t *)option_field(options, row) = size << shift;
	return 0;
}

static int parse_choice(struct options *options, const struct option_row *row, const char *value)
{
	for (const struct option_choice *choice = row->choices; choice->name; choice++) {
		if (strcmp(choice->name, value))
			continue;
		*(int *)option_field(options, row) = choice->value;
		return 0;
	}
	return refuse_value(row, value, "not one of the values it can have");
}

static int parse_text(struct options *options, const struct option_row *row, const char *value)
{
	char *copy = options_own_text(options, value);

	if (!copy)
		return log_errno(ENOMEM, "--%s", row->name);
	*(const char **)option_field(options, row) = copy;
	return 0;
}

static int parse_texts(struct options *options, const struct option_row *row, const char *value)
{
	char *copy = options_own_text(options, value);

	if (!copy || text_list_add(option_field(options, row), copy) < 0)
		return log_errno(ENOMEM, "--%s", row->name);
	return 0;
}

int parse_nothing(struct options *options, const struct option_row *row, const char *value)
{
	return 0;
}

int parse_close(struct options *options, const struct option_row *row, const char *value)
{
	long fd;

	if (number_from_text(value, &fd) < 0 || fd < 0 || fd > INT_MAX)
		return refuse_value(row, value, "not a descriptor");
	if (close(fd) < 0)
		return log_errno(errno, "--close: '%s'", value);
	return 0;
}

/* "-vvv" arrives as "vv", "-v4" as "4", "-v" as "", and "-verbosity=0", with one dash, as "erbosity=0". */
int parse_verbosity(struct options *options, const struct option_row *row, const char *value)
{
	static const char one_dash[] = "erbosity=";
	int *level = option_field(options, row);
	long number;

	if (strspn(value, "v") == strlen(value)) {
		*level = MIN(*level + 1 + (int)strlen(value), LOG_LEVEL_DEBUG);
		return 0;
	}
	if (!strncmp(value, one_dash, strlen(one_dash)))
		value += strlen(one_dash);
	if (number_from_text(value, &number) < 0 || number < 0)
		return refuse_value(row, value, "not a level of verbosity");
	*level = MIN(number, LOG_LEVEL_DEBUG);
	return 0;
}

/* What stands between @open and the first ']' behind it. */
static bool has_form(const char *value, const char *open)
{
	return !strncmp(value, open, strlen(open)) && strchr(value, ']');
}

int parse_external(struct options *options, const struct option_row *row, const char *value)
{
	static const char *const forms[] = { "mnt[", "dev[",	"file[", "tty[",     "unix[", "net[",
					     "pid[", "netdev[", "veth[", "macvlan[", "pipe:[" };

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (has_form(value, forms[i]))
			return parse_texts(options, row, value);
	return refuse_value(row, value, "not the form of an external resource");
}

bool accepts_external(const char *value)
{
	return has_form(value, "pipe:[") || has_form(value, "file[") || has_form(value, "tty[") ||
	       has_form(value, "unix[") || (has_form(value, "net[") && strstr(value, "]:"));
}

bool accepts_join_ns(const char *value)
{
	return !strncmp(value, "net:", 4) && value[4];
}

/* Splits "NAME[N]:REST". 0 or -EINVAL. */
static int split_bracket(const char *value, const char *open, int *ret_fd, const char **ret_rest)
{
	size_t skip = strlen(open);
	char digits[16];
	const char *end;
	long fd;

	if (strncmp(value, open, skip) || !(end = strstr(value, "]:")))
		return -EINVAL;
	if ((size_t)(end - value) - skip >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, value + skip, end - value - skip);
	digits[end - value - skip] = '\0';
	if (number_from_text(digits, &fd) < 0 || fd < 0 || fd > INT_MAX || !end[2])
		return -EINVAL;
	*ret_fd = fd;
	*ret_rest = end + 2;
	return 0;
}

static int add_inherited_fd(struct options *options, const struct option_row *row, int fd, const char *key)
{
	struct inherited_fd_list *list = option_field(options, row);
	struct inherited_fd *items;
	char *copy = options_own_text(options, key);

	items = copy ? reallocarray(list->items, list->nr + 1, sizeof(*items)) : NULL;
	if (!items)
		return log_errno(ENOMEM, "--%s", row->name);
	items[list->nr++] = (struct inherited_fd){ .fd = fd, .key = copy };
	list->items = items;
	return 0;
}

int parse_inherit_fd(struct options *options, const struct option_row *row, const char *value)
{
	const char *rest;
	int fd;

	if (!split_bracket(value, "debug[", &fd, &rest)) {
		if (write(fd, rest, strlen(rest)) < 0)
			return log_errno(errno, "--inherit-fd: '%s'", value);
		return 0;
	}
	if (split_bracket(value, "fd[", &fd, &rest) < 0)
		return refuse_value(row, value, "must have the form fd[N]:RESOURCE");
	if (fcntl(fd, F_GETFD) < 0)
		return log_errno(errno, "--inherit-fd: '%s'", value);
	return add_inherited_fd(options, row, fd, rest);
}

int parse_ext_unix_sk(struct options *options, const struct option_row *row, const char *value)
{
	struct ext_unix_list *list = option_field(options, row);

	while (*value) {
		uint32_t *inodes;
		unsigned long inode;
		char *end;

		errno = 0;
		inode = strtoul(value, &end, 10);
		if (!isdigit((unsigned char)*value) || errno || inode > UINT32_MAX || (*end && *end != ','))
			return refuse_value(row, value, "not a list of inode numbers");
		inodes = reallocarray(list->inodes, list->nr + 1, sizeof(*inodes));
		if (!inodes)
			return log_errno(ENOMEM, "--%s", row->name);
		inodes[list->nr++] = inode;
		list->inodes = inodes;
		value = *end ? end + 1 : end;
	}
	list->allowed = true;
	return 0;
}

static int cpu_capabilities_from_text(const char *text, unsigned int *ret_mask)
{
	static const struct option_choice names[] = {
		{ "cpu", CPU_CAP_CPU }, { "fpu", CPU_CAP_FPU }, { "ins", CPU_CAP_INS },
		{ "all", CPU_CAP_ALL }, { "none", 0 },
	};
	unsigned int mask = 0;
	bool first = true;

	for (size_t length; *text; text += length + (text[length] == ','), first = false) {
		bool without = *text == '^';
		size_t i;

		text += without;
		length = strcspn(text, ",");
		for (i = 0; i < ARRAY_SIZE(names); i++)
			if (strlen(names[i].name) == length && !strncmp(names[i].name, text, length))
				break;
		if (i == ARRAY_SIZE(names))
			return -EINVAL;
		/* "^x" alone is everything but x. */
		if (without)
			mask = (first ? (unsigned int)CPU_CAP_ALL : mask) & ~names[i].value;
		else
			mask = names[i].value ? mask | names[i].value : 0;
	}
	if (first)
		return -EINVAL;
	*ret_mask = mask;
	return 0;
}

int parse_cpu_capabilities(struct options *options, const struct option_row *row, const char *value)
{
	if (cpu_capabilities_from_text(value, option_field(options, row)) < 0)
		return refuse_value(row, value, "not a list of cpu, fpu, ins, all, none");
	return 0;
}

/* criu changes its directory before scripts run, so the path is taken from here. */
int parse_action_script(struct options *options, const struct option_row *row, const char *value)
{
	_cleanup_free_ char *path = realpath(value, NULL);

	if (!path)
		return log_errno(errno, "--action-script: '%s'", value);
	return parse_texts(options, row, path);
}

static int parse_by_type(struct options *options, const struct option_row *row, const char *value)
{
	switch (row->type) {
	case OPTION_IS_number:
		return parse_number(options, row, value);
	case OPTION_IS_size:
		return parse_size(options, row, value);
	case OPTION_IS_choice:
		return parse_choice(options, row, value);
	case OPTION_IS_text:
		return parse_text(options, row, value);
	case OPTION_IS_texts:
		return parse_texts(options, row, value);
	default:
		return log_fail(-EINVAL, "--%s: no parser for its type", row->name);
	}
}

int option_store(struct options *options, const struct option_row *row, bool negated, const char *value)
{
	bool *given = &options->given[row - option_table];
	int error;

	if (row->support == OPTION_REMOVED)
		return log_fail(-EINVAL, "--%s was removed: %s", row->name, row->help);
	if (row->type == OPTION_IS_flag) {
		*given = !negated;
		*(bool *)option_field(options, row) = !negated;
		return 0;
	}
	if (row->arg && !value)
		value = row->implied;
	error = row->parse ? row->parse(options, row, value) : parse_by_type(options, row, value);
	if (error < 0)
		return error;
	*given = true;
	if (row->accepts && !row->accepts(value))
		return log_fail(-ENOTSUP, "--%s '%s': not available in this build", row->name, value);
	return 0;
}
