// SPDX-License-Identifier: GPL-2.0-only
/* Options of sockets that are one number or one struct: the rows of options.def. What stands at its usual value is
 * neither stored nor set, so that images travel to kernels which lack the option. */
#include "criu/objects/socket/options.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/options-internal.h"
#include "criu/objects/socket/socket.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define OF_UNIX 0x01
#define OF_INET 0x02
#define OF_INET6 0x04
#define OF_IP (OF_INET | OF_INET6)
#define OF_PACKET 0x08
#define OF_NETLINK 0x10
#define OF_TCP 0x20
#define OF_UDP 0x40
#define OF_RAW 0x80
#define OF_VSOCK 0x100
#define OF_ALL UINT32_MAX

#define EARLY SOCKET_EARLY
#define LATE SOCKET_LATE
#define HINT 0x10
#define MOMENT_MASK 0x0f
#define USUAL_ASK INT64_MIN

#define VALUE_MAX 64

struct option {
	const char *name;
	int level, number;
	uint32_t size;
	uint32_t families;
	int moment;
	int64_t usual;
	size_t has, field; /* in SkOptsEntry; 0: none */
};

/* What an option has; zero behind its bytes. */
union value {
	int number;
	uint8_t bytes[VALUE_MAX];
};

#define SOCKET_FIELD(field_name, level, number, families, moment, usual) \
	{ #field_name,                                                   \
	  level,                                                         \
	  number,                                                        \
	  4,                                                             \
	  families,                                                      \
	  moment,                                                        \
	  usual,                                                         \
	  offsetof(SkOptsEntry, has_##field_name),                       \
	  offsetof(SkOptsEntry, field_name) },
#define SOCKET_OPTION(...) { __VA_ARGS__, 0, 0 },
static const struct option rows[] = {
#include "criu/objects/socket/options.def"
};

/* --- rows --- */

static uint32_t families_of(const struct socket_info *info)
{
	bool inet = info->family == AF_INET || info->family == AF_INET6;
	uint32_t families = 0;

	families |= info->family == AF_UNIX ? OF_UNIX : 0;
	families |= info->family == AF_INET ? OF_INET : 0;
	families |= info->family == AF_INET6 ? OF_INET6 : 0;
	families |= info->family == AF_PACKET ? OF_PACKET : 0;
	families |= info->family == AF_NETLINK ? OF_NETLINK : 0;
	families |= info->family == AF_VSOCK ? OF_VSOCK : 0;
	families |= inet && info->type == SOCK_STREAM ? OF_TCP : 0;
	families |= inet && info->type == SOCK_DGRAM ? OF_UDP : 0;
	families |= inet && info->type == SOCK_RAW ? OF_RAW : 0;
	return families;
}

static bool applies(const struct option *option, const struct socket_info *info)
{
	return option->families == OF_ALL || (option->families & families_of(info));
}

static void usual_value(const struct option *option, union value *ret)
{
	memset(ret, option->usual == -1 ? 0xff : 0, sizeof(*ret));
	if (option->size == sizeof(ret->number))
		ret->number = (int)option->usual;
}

static bool is_usual(const struct option *option, const union value *value)
{
	union value usual;

	usual_value(option, &usual);
	return option->usual != USUAL_ASK && memcmp(value, &usual, option->size) == 0;
}

static bool is_missing(int error)
{
	return error == -ENOPROTOOPT || error == -EOPNOTSUPP || error == -EINVAL;
}

static int read_value(int socket, const struct option *option, union value *ret)
{
	socklen_t size = option->size;

	memset(ret, 0, sizeof(*ret));
	return getsockopt(socket, option->level, option->number, ret, &size) < 0 ? -errno : 0;
}

/* --- dump --- */

int socket_options_survey(struct dump *dump, const struct fd_info *fd)
{
	_cleanup_close_ int socket = -EBADF;
	const char *problem;
	int ret = fd_duplicate(fd, &socket);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	problem = socket_filter_problem(socket);
	if (problem)
		dump_refuse(dump, fd->task, "%s: %s", fd_describe(dump, fd), problem);
	return 0;
}

static void store_own(struct arena *arena, const struct option *option, const union value *value, SkOptsEntry *options)
{
	SkOptionEntry *entry = arena_new(arena, SkOptionEntry);

	sk_option_entry__init(entry);
	entry->name = (char *)option->name;
	if (option->size == sizeof(value->number)) {
		entry->has_value = true;
		entry->value = value->number;
	} else {
		entry->has_data = true;
		entry->data.len = option->size;
		entry->data.data = arena_copy(arena, value->bytes, option->size);
	}
	options->options[options->n_options++] = entry;
}

static void store(struct arena *arena, const struct option *option, const union value *value, SkOptsEntry *options)
{
	if (!option->field) {
		store_own(arena, option, value, options);
		return;
	}
	*(protobuf_c_boolean *)((char *)options + option->has) = true;
	memcpy((char *)options + option->field, &value->number, sizeof(value->number));
}

static int read_rows(struct arena *arena, const struct socket_info *info, int socket, SkOptsEntry *options,
		     const char **ret_what)
{
	options->options = arena_array(arena, SkOptionEntry *, ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		union value value;
		int ret = applies(&rows[i], info) ? read_value(socket, &rows[i], &value) : -ENOPROTOOPT;

		*ret_what = rows[i].name;
		if (ret == 0 && !is_usual(&rows[i], &value))
			store(arena, &rows[i], &value, options);
		else if (ret < 0 && !is_missing(ret))
			return ret;
	}
	return 0;
}

int socket_options_dump(struct dump *dump, const struct fd_info *fd, int socket, SkOptsEntry **ret_options)
{
	SkOptsEntry *options = arena_new(&dump->arena, SkOptsEntry);
	const char *what = NULL;
	int ret;

	sk_opts_entry__init(options);
	ret = read_rows(&dump->arena, fd->socket, socket, options, &what);
	if (ret == 0)
		ret = socket_special_dump(&dump->arena, socket, options, &what);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: option '%s' cannot be read", fd->task->pid,
				 fd_describe(dump, fd), what);
	*ret_options = options;
	return 0;
}

/* --- restore --- */

static const struct option *find_row(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!rows[i].field && strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static bool is_proper(const struct option *option, const SkOptionEntry *entry)
{
	return option->size == sizeof(int) ? entry->has_value : entry->has_data && entry->data.len == option->size;
}

int socket_options_load(struct restore *restore, const struct file *file, const SkOptsEntry *options)
{
	const char *problem = options ? socket_special_problem(options) : NULL;

	if (problem)
		return log_fail(-EBADMSG, "file %u: socket: %s", file->id, problem);
	for (size_t i = 0; options && i < options->n_options; i++) {
		const SkOptionEntry *entry = options->options[i];
		const struct option *option = find_row(entry->name);

		if (!option)
			restore_refuse(restore, NULL, "file %u: socket: option '%s' is not known to this build",
				       file->id, entry->name);
		else if (!is_proper(option, entry))
			return log_fail(-EBADMSG, "file %u: socket: option '%s' has no proper value",
					file->id, entry->name);
	}
	return 0;
}

/* False: nothing is stored, so it is as usual. */
static bool find_stored(const struct option *option, const SkOptsEntry *options, union value *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (option->field) {
		memcpy(&ret->number, (const char *)options + option->field, sizeof(ret->number));
		return *(const protobuf_c_boolean *)((const char *)options + option->has);
	}
	for (size_t i = 0; i < options->n_options; i++) {
		const SkOptionEntry *entry = options->options[i];

		if (strcmp(entry->name, option->name) != 0)
			continue;
		if (entry->has_data)
			memcpy(ret->bytes, entry->data.data, MIN(entry->data.len, sizeof(ret->bytes)));
		else
			ret->number = entry->value;
		return true;
	}
	return false;
}

static int set_row(const struct option *option, int socket, const SkOptsEntry *options)
{
	union value wanted, now;
	bool stored = find_stored(option, options, &wanted);
	int ret = read_value(socket, option, &now);

	if (!stored && (ret < 0 || option->usual == USUAL_ASK))
		return ret == 0 || is_missing(ret) ? 0 : ret;
	if (!stored)
		usual_value(option, &wanted);
	if (ret == 0 && memcmp(&now, &wanted, option->size) == 0)
		return 0;
	if (setsockopt(socket, option->level, option->number, &wanted, option->size) < 0)
		return option->moment & HINT ? 0 : -errno;
	return 0;
}

int socket_options_set(const struct file *file, const struct socket_info *info, int socket,
		       const SkOptsEntry *options, enum socket_moment moment)
{
	const char *what = NULL;
	int ret = options ? socket_special_set(socket, options, moment, &what) : 0;

	for (size_t i = 0; options && i < ARRAY_SIZE(rows) && ret == 0; i++) {
		if (!applies(&rows[i], info) || (rows[i].moment & MOMENT_MASK) != (int)moment)
			continue;
		what = rows[i].name;
		ret = set_row(&rows[i], socket, options);
	}
	return ret < 0 ? log_errno(ret, "file %u: socket: option '%s' cannot be set%s", file->id, what,
				   ret == -ENOPROTOOPT ? "; this kernel does not have it" : "")
		       : 0;
}
