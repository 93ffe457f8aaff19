// SPDX-License-Identifier: GPL-2.0-only
/* Options of IPv4, and extension headers of IPv6, that a socket sends with each packet (ip(7), RFC 3542, 9). getsockopt(2)
 * tells them as setsockopt(2) takes them (ip_options_undo() in net/ipv4/ip_options.c, ipv6_getsockopt_sticky() in
 * net/ipv6/ipv6_sockglue.c). An accepted TCP socket has the answer to those of its peer (ip_options_echo()), which need not
 * be what the kernel takes from a program. */
#include "criu/objects/socket/inet-headers.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/socket.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define HEADER_MAX 2048 /* 8 bytes, and 255 times as many */

struct header {
	uint8_t bytes[HEADER_MAX];
	socklen_t size; /* 0: none */
};

/* In the order in which they stand in a packet. */
static const struct row {
	const char *name; /* in images */
	const char *option_name;
	int level, option;
	socklen_t max, unit;
} rows[] = {
	{ "ip-options", "IP_OPTIONS", IPPROTO_IP, IP_OPTIONS, 40, 4 },
	{ "ipv6-hopopts", "IPV6_HOPOPTS", IPPROTO_IPV6, IPV6_HOPOPTS, HEADER_MAX, 8 },
	{ "ipv6-rthdrdstopts", "IPV6_RTHDRDSTOPTS", IPPROTO_IPV6, IPV6_RTHDRDSTOPTS, HEADER_MAX, 8 },
	{ "ipv6-rthdr", "IPV6_RTHDR", IPPROTO_IPV6, IPV6_RTHDR, HEADER_MAX, 8 },
	{ "ipv6-dstopts", "IPV6_DSTOPTS", IPPROTO_IPV6, IPV6_DSTOPTS, HEADER_MAX, 8 },
};

/* Where a socket has no such option it has no such header. */
static void read_header(int socket, const struct row *row, struct header *ret)
{
	ret->size = sizeof(ret->bytes);
	if (getsockopt(socket, row->level, row->option, ret->bytes, &ret->size) < 0)
		ret->size = 0;
}

static bool is_same(const struct header *left, const struct header *right)
{
	return left->size == right->size && memcmp(left->bytes, right->bytes, left->size) == 0;
}

bool inet_has_headers(int socket)
{
	struct header header;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		read_header(socket, &rows[i], &header);
		if (header.size)
			return true;
	}
	return false;
}

/* --- dump --- */

/* On a socket of the same kind, which nobody else has. */
static int try_header(const struct fd_info *fd, const struct row *row, const struct header *header)
{
	_cleanup_close_ int socket = socket_open_beside(fd, fd->socket->family, fd->socket->type,
							fd->socket->protocol);
	struct header now;

	if (socket < 0)
		return socket;
	if (setsockopt(socket, row->level, row->option, header->bytes, header->size) < 0)
		return -errno;
	read_header(socket, row, &now);
	return is_same(&now, header) ? 0 : -EINVAL;
}

int inet_headers_survey(struct dump *dump, const struct fd_info *fd, int socket)
{
	struct header header;
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		read_header(socket, &rows[i], &header);
		ret = header.size ? try_header(fd, &rows[i], &header) : 0;
		if (ret < 0)
			dump_refuse(dump, fd->task,
				    "%s: the kernel does not take its option %s once more (%s); let the program clear it",
				    fd_describe(dump, fd), rows[i].option_name, strerror(-ret));
	}
	return 0;
}

void inet_headers_dump(struct arena *arena, int socket, InetSkEntry *record)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct header header;
		SkOptionEntry *entry;

		read_header(socket, &rows[i], &header);
		if (!header.size)
			continue;
		if (!record->headers)
			record->headers = arena_array(arena, SkOptionEntry *, ARRAY_SIZE(rows));
		entry = arena_new(arena, SkOptionEntry);
		sk_option_entry__init(entry);
		entry->name = (char *)rows[i].name;
		entry->has_data = true;
		entry->data.len = header.size;
		entry->data.data = arena_copy(arena, header.bytes, header.size);
		record->headers[record->n_headers++] = entry;
	}
}

/* --- restore --- */

static const struct row *find_row(const InetSkEntry *record, const SkOptionEntry *entry)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].name, entry->name) == 0)
			return rows[i].level == IPPROTO_IP || record->family == AF_INET6 ? &rows[i] : NULL;
	return NULL;
}

int inet_headers_load(const struct file *file, const InetSkEntry *record)
{
	for (size_t i = 0; i < record->n_headers; i++) {
		const SkOptionEntry *entry = record->headers[i];
		const struct row *row = find_row(record, entry);

		if (!row || !entry->has_data || !entry->data.len || entry->data.len > row->max ||
		    entry->data.len % row->unit)
			return log_fail(-EBADMSG,
					"files.img: file %u: socket: '%s' is no proper header of its packets",
					file->id, entry->name);
	}
	return 0;
}

int inet_headers_set(const struct file *file, const InetSkEntry *record, int fd)
{
	for (size_t i = 0; i < record->n_headers; i++) {
		const SkOptionEntry *entry = record->headers[i];
		const struct row *row = find_row(record, entry);
		struct header wanted, now;

		if (!row) /* which the load would have refused */
			return -EBADMSG;
		wanted.size = (socklen_t)entry->data.len;
		memcpy(wanted.bytes, entry->data.data, wanted.size);
		read_header(fd, row, &now);
		if (!is_same(&now, &wanted) &&
		    setsockopt(fd, row->level, row->option, wanted.bytes, wanted.size) < 0)
			return log_errno(errno, "file %u: socket: option %s cannot be set", file->id,
					 row->option_name);
	}
	return 0;
}
