// SPDX-License-Identifier: GPL-2.0-only
/* Options of TCP that take more than one row of options.def: those that the format of CRIU 4.2 has in a message of its
 * own, texts, and those which mean something else in a connection. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/tcp-internal.h"
#include "criu/util/cleanup.h"

#define DEFAULT_CONGESTION "/proc/sys/net/ipv4/tcp_congestion_control"
#define CONGESTION_MAX 16 /* TCP_CA_NAME_MAX */
#define USUAL_MAXSEG 536  /* TCP_MSS_DEFAULT */

int tcp_get(int socket, int level, int option, int *ret_value)
{
	socklen_t size = sizeof(*ret_value);

	*ret_value = 0;
	return getsockopt(socket, level, option, ret_value, &size) < 0 ? -errno : 0;
}

int tcp_set(int socket, int level, int option, int value)
{
	return setsockopt(socket, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

int tcp_read_info(int socket, struct tcp_info *ret_info)
{
	socklen_t size = sizeof(*ret_info);

	memset(ret_info, 0, sizeof(*ret_info));
	return getsockopt(socket, IPPROTO_TCP, TCP_INFO, ret_info, &size) < 0 ? -errno : 0;
}

/* --- dump --- */

static void read_default_congestion(char name[CONGESTION_MAX + 1])
{
	_cleanup_close_ int file = open(DEFAULT_CONGESTION, O_RDONLY | O_CLOEXEC);
	ssize_t size = file < 0 ? 0 : read(file, name, CONGESTION_MAX);

	name[size < 0 ? 0 : size] = '\0';
	name[strcspn(name, "\n")] = '\0';
}

static int dump_congestion(struct arena *arena, int socket, InetSkEntry *record)
{
	char name[CONGESTION_MAX + 1] = "", usual[CONGESTION_MAX + 1] = "";
	socklen_t size = CONGESTION_MAX;

	if (getsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name, &size) < 0)
		return -errno;
	read_default_congestion(usual);
	if (strcmp(name, usual) != 0)
		record->tcp_congestion = arena_strdup(arena, name);
	return 0;
}

/* Multipath TCP has not all of them on every kernel. */
static bool read_option(int socket, int option, uint32_t *ret_value)
{
	int value, ret = tcp_get(socket, IPPROTO_TCP, option, &value);

	*ret_value = (uint32_t)value;
	return ret == 0;
}

/* In a connection they tell what the kernel has made of them. */
static void dump_limits(int socket, InetSkEntry *record)
{
	record->has_tcp_maxseg = read_option(socket, TCP_MAXSEG, &record->tcp_maxseg) &&
				 record->tcp_maxseg != USUAL_MAXSEG;
	record->has_tcp_window_clamp = read_option(socket, TCP_WINDOW_CLAMP, &record->tcp_window_clamp) &&
				       record->tcp_window_clamp;
}

int tcp_options_dump(struct arena *arena, int socket, InetSkEntry *record)
{
	TcpOptsEntry *options = arena_new(arena, TcpOptsEntry);
	uint32_t value;

	tcp_opts_entry__init(options);
	options->has_cork = read_option(socket, TCP_CORK, &value);
	options->cork = value;
	options->has_nodelay = read_option(socket, TCP_NODELAY, &value);
	options->nodelay = value;
	options->has_keepcnt = read_option(socket, TCP_KEEPCNT, &options->keepcnt);
	options->has_keepidle = read_option(socket, TCP_KEEPIDLE, &options->keepidle);
	options->has_keepintvl = read_option(socket, TCP_KEEPINTVL, &options->keepintvl);
	record->tcp_opts = options;
	if (!state_is(record->state, STATES_CONNECTED) && !record->tcp_ended)
		dump_limits(socket, record);
	return dump_congestion(arena, socket, record);
}

/* --- restore --- */

const char *tcp_options_problem(const InetSkEntry *record)
{
	if (record->tcp_congestion && (!*record->tcp_congestion || strlen(record->tcp_congestion) >= CONGESTION_MAX))
		return "no congestion control can have such a name";
	if (record->has_tcp_maxseg && record->tcp_maxseg > INT16_MAX)
		return "its segments are too long";
	return NULL;
}

static int set_if_other(int socket, int option, bool stored, uint32_t wanted)
{
	int now, ret = stored ? tcp_get(socket, IPPROTO_TCP, option, &now) : 0;

	return !stored || ret < 0 || now == (int)wanted ? ret : tcp_set(socket, IPPROTO_TCP, option, (int)wanted);
}

int tcp_options_set_early(const struct tcp_socket *tcp, int fd)
{
	const InetSkEntry *record = tcp->inet->record;
	int ret = set_if_other(fd, TCP_MAXSEG, record->has_tcp_maxseg, record->tcp_maxseg);

	return ret < 0 ? ret
		       : set_if_other(fd, TCP_WINDOW_CLAMP, record->has_tcp_window_clamp, record->tcp_window_clamp);
}

/* Images of earlier versions have some of them in sk_opts_entry, or in the record of the connection. */
static void find_old(const struct tcp_socket *tcp, TcpOptsEntry *ret)
{
	const SkOptsEntry *old = tcp->inet->record->opts;

	ret->has_keepcnt = old->has_tcp_keepcnt;
	ret->keepcnt = old->tcp_keepcnt;
	ret->has_keepidle = old->has_tcp_keepidle;
	ret->keepidle = old->tcp_keepidle;
	ret->has_keepintvl = old->has_tcp_keepintvl;
	ret->keepintvl = old->tcp_keepintvl;
	if (!tcp->stream)
		return;
	ret->has_cork = tcp->stream->has_cork;
	ret->cork = tcp->stream->cork;
	ret->has_nodelay = tcp->stream->has_nodelay;
	ret->nodelay = tcp->stream->nodelay;
}

int tcp_options_set(const struct tcp_socket *tcp, int fd)
{
	const InetSkEntry *record = tcp->inet->record;
	TcpOptsEntry options = TCP_OPTS_ENTRY__INIT;
	int ret;

	if (record->tcp_opts)
		options = *record->tcp_opts;
	else
		find_old(tcp, &options);
	ret = set_if_other(fd, TCP_CORK, options.has_cork, options.cork);
	if (ret == 0)
		ret = set_if_other(fd, TCP_NODELAY, options.has_nodelay, options.nodelay);
	if (ret == 0)
		ret = set_if_other(fd, TCP_KEEPCNT, options.has_keepcnt, options.keepcnt);
	if (ret == 0)
		ret = set_if_other(fd, TCP_KEEPIDLE, options.has_keepidle, options.keepidle);
	if (ret == 0)
		ret = set_if_other(fd, TCP_KEEPINTVL, options.has_keepintvl, options.keepintvl);
	if (ret == 0 && record->tcp_congestion &&
	    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, record->tcp_congestion,
		       (socklen_t)strlen(record->tcp_congestion)) < 0)
		ret = -errno;
	return ret;
}
