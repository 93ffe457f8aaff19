// SPDX-License-Identifier: GPL-2.0-only
/* Options of sockets that take more than reading and setting one number: sizes of buffers, time-outs, lingering, the
 * device, the filter. */
#include <errno.h>
#include <linux/filter.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/options-internal.h"
#include "criu/util/macros.h"

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif

static int get(int socket, int option, void *value, socklen_t size)
{
	return getsockopt(socket, SOL_SOCKET, option, value, &size) < 0 ? -errno : 0;
}

static int set(int socket, int option, const void *value, socklen_t size)
{
	return setsockopt(socket, SOL_SOCKET, option, value, size) < 0 ? -errno : 0;
}

static bool is_missing(int error)
{
	return error == -ENOPROTOOPT || error == -EOPNOTSUPP;
}

/* --- dump --- */

/* The length counts instructions here. A filter that is a program of BPF gives EACCES (sk_get_filter in
 * net/core/filter.c). */
static int count_filter(int socket)
{
	socklen_t nr = 0;

	return getsockopt(socket, SOL_SOCKET, SO_GET_FILTER, NULL, &nr) < 0 ? -errno : (int)nr;
}

const char *socket_filter_problem(int socket)
{
	return count_filter(socket) == -EACCES
		       ? "its filter is an eBPF program (SO_ATTACH_BPF), which cannot be read; "
			 "detach it before the dump"
		       : NULL;
}

static int dump_filter(struct arena *arena, int socket, SkOptsEntry *options)
{
	int nr = count_filter(socket);
	struct sock_filter *code;
	socklen_t size = (socklen_t)nr;

	if (nr <= 0)
		return is_missing(nr) ? 0 : nr;
	code = arena_array(arena, struct sock_filter, nr);
	if (getsockopt(socket, SOL_SOCKET, SO_GET_FILTER, code, &size) < 0)
		return -errno;
	options->n_so_filter = (size_t)nr;
	options->so_filter = arena_array(arena, uint64_t, nr);
	for (int i = 0; i < nr; i++)
		options->so_filter[i] = (uint64_t)code[i].code << 48 | (uint64_t)code[i].jt << 40 |
					(uint64_t)code[i].jf << 32 | code[i].k;
	return 0;
}

static int dump_filter_lock(int socket, SkOptsEntry *options)
{
	int locked = 0, ret = get(socket, SO_LOCK_FILTER, &locked, sizeof(locked));

	options->has_so_lock_filter = options->so_lock_filter = ret == 0 && locked;
	return is_missing(ret) ? 0 : ret;
}

static int dump_buffers(int socket, SkOptsEntry *options)
{
	uint32_t lock = 0;
	int ret = get(socket, SO_SNDBUF, &options->so_sndbuf, sizeof(options->so_sndbuf));

	if (ret == 0)
		ret = get(socket, SO_RCVBUF, &options->so_rcvbuf, sizeof(options->so_rcvbuf));
	if (ret < 0)
		return ret;
	/* From Linux 5.14 on. */
	ret = get(socket, SO_BUF_LOCK, &lock, sizeof(lock));
	options->has_so_buf_lock = ret == 0 && lock;
	options->so_buf_lock = lock;
	return is_missing(ret) ? 0 : ret;
}

static int dump_timeouts(int socket, SkOptsEntry *options)
{
	struct timeval send = { 0 }, receive = { 0 };
	int ret = get(socket, SO_SNDTIMEO, &send, sizeof(send));

	if (ret == 0)
		ret = get(socket, SO_RCVTIMEO, &receive, sizeof(receive));
	options->so_snd_tmo_sec = (uint64_t)send.tv_sec;
	options->so_snd_tmo_usec = (uint64_t)send.tv_usec;
	options->so_rcv_tmo_sec = (uint64_t)receive.tv_sec;
	options->so_rcv_tmo_usec = (uint64_t)receive.tv_usec;
	return ret;
}

static int dump_linger(int socket, SkOptsEntry *options)
{
	struct linger linger = { 0 };
	int ret = get(socket, SO_LINGER, &linger, sizeof(linger));

	options->has_so_linger = ret == 0 && linger.l_onoff;
	options->so_linger = (uint32_t)linger.l_linger;
	return ret;
}

static int dump_device(struct arena *arena, int socket, SkOptsEntry *options)
{
	char name[IFNAMSIZ] = "";
	int ret = get(socket, SO_BINDTODEVICE, name, sizeof(name));

	if (ret == 0 && name[0])
		options->so_bound_dev = arena_strdup(arena, name);
	return is_missing(ret) ? 0 : ret;
}

int socket_special_dump(struct arena *arena, int socket, SkOptsEntry *options, const char **ret_what)
{
	int ret;

	*ret_what = "SO_SNDBUF, SO_RCVBUF";
	ret = dump_buffers(socket, options);
	if (ret < 0)
		return ret;
	*ret_what = "SO_SNDTIMEO, SO_RCVTIMEO";
	ret = dump_timeouts(socket, options);
	if (ret < 0)
		return ret;
	*ret_what = "SO_LINGER";
	ret = dump_linger(socket, options);
	if (ret < 0)
		return ret;
	*ret_what = "SO_BINDTODEVICE";
	ret = dump_device(arena, socket, options);
	if (ret < 0)
		return ret;
	*ret_what = "SO_ATTACH_FILTER";
	ret = dump_filter(arena, socket, options);
	return ret < 0 ? ret : dump_filter_lock(socket, options);
}

/* --- restore --- */

const char *socket_special_problem(const SkOptsEntry *options)
{
	const char *device = options->so_bound_dev;

	if (options->n_so_filter > BPF_MAXINSNS)
		return "its filter is too long";
	if (device && (!*device || strlen(device) >= IFNAMSIZ || strchr(device, '/')))
		return "no device can have such a name";
	if (options->so_sndbuf > INT32_MAX || options->so_rcvbuf > INT32_MAX)
		return "its buffers are too large";
	if (options->so_snd_tmo_usec >= 1000000 || options->so_rcv_tmo_usec >= 1000000)
		return "its time-outs have too many microseconds";
	return NULL;
}

/* The kernel doubles what it is given, and has a limit that only CAP_NET_ADMIN passes. */
static int set_buffer(int socket, int option, int forced, uint32_t wanted)
{
	uint32_t now = 0, half = wanted / 2;
	int ret = get(socket, option, &now, sizeof(now));

	if (ret < 0 || now == wanted)
		return ret;
	ret = set(socket, option, &half, sizeof(half));
	if (ret == 0)
		ret = get(socket, option, &now, sizeof(now));
	if (ret < 0 || now >= wanted / 2 * 2)
		return ret;
	return set(socket, forced, &half, sizeof(half));
}

/* Setting a size locks it. */
static int set_buffers(int socket, const SkOptsEntry *options)
{
	uint32_t lock = options->has_so_buf_lock ? options->so_buf_lock : 0, now = 0;
	int ret = set_buffer(socket, SO_SNDBUF, SO_SNDBUFFORCE, options->so_sndbuf);

	if (ret == 0)
		ret = set_buffer(socket, SO_RCVBUF, SO_RCVBUFFORCE, options->so_rcvbuf);
	if (ret < 0)
		return ret;
	ret = get(socket, SO_BUF_LOCK, &now, sizeof(now));
	if (ret == 0 && now != lock)
		ret = set(socket, SO_BUF_LOCK, &lock, sizeof(lock));
	return is_missing(ret) && !lock ? 0 : ret;
}

static int set_timeout(int socket, int option, uint64_t seconds, uint64_t microseconds)
{
	struct timeval wanted = { .tv_sec = (time_t)seconds, .tv_usec = (suseconds_t)microseconds };

	return seconds || microseconds ? set(socket, option, &wanted, sizeof(wanted)) : 0;
}

static int set_linger(int socket, const SkOptsEntry *options)
{
	struct linger linger = { .l_onoff = 1, .l_linger = (int)options->so_linger };

	return options->has_so_linger ? set(socket, SO_LINGER, &linger, sizeof(linger)) : 0;
}

static int set_device(int socket, const SkOptsEntry *options)
{
	const char *device = options->so_bound_dev;

	return device ? set(socket, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1) : 0;
}

static int set_filter(int socket, const SkOptsEntry *options)
{
	struct sock_filter code[BPF_MAXINSNS];
	struct sock_fprog program = { .len = (unsigned short)options->n_so_filter, .filter = code };
	int on = 1, ret = 0;

	for (size_t i = 0; i < options->n_so_filter; i++)
		code[i] = (struct sock_filter){
			.code = (uint16_t)(options->so_filter[i] >> 48),
			.jt = (uint8_t)(options->so_filter[i] >> 40),
			.jf = (uint8_t)(options->so_filter[i] >> 32),
			.k = (uint32_t)options->so_filter[i],
		};
	if (program.len)
		ret = set(socket, SO_ATTACH_FILTER, &program, sizeof(program));
	if (ret == 0 && options->has_so_lock_filter && options->so_lock_filter)
		ret = set(socket, SO_LOCK_FILTER, &on, sizeof(on));
	return ret;
}

static int set_early(int socket, const SkOptsEntry *options, const char **ret_what)
{
	int ret;

	*ret_what = "SO_SNDBUF, SO_RCVBUF";
	ret = set_buffers(socket, options);
	if (ret < 0)
		return ret;
	*ret_what = "SO_BINDTODEVICE";
	return set_device(socket, options);
}

/* Buffers once more: a family may have made them larger to fill its queues. */
static int set_late(int socket, const SkOptsEntry *options, const char **ret_what)
{
	int ret;

	*ret_what = "SO_SNDBUF, SO_RCVBUF";
	ret = set_buffers(socket, options);
	if (ret < 0)
		return ret;
	*ret_what = "SO_SNDTIMEO, SO_RCVTIMEO";
	ret = set_timeout(socket, SO_SNDTIMEO, options->so_snd_tmo_sec, options->so_snd_tmo_usec);
	if (ret == 0)
		ret = set_timeout(socket, SO_RCVTIMEO, options->so_rcv_tmo_sec, options->so_rcv_tmo_usec);
	if (ret < 0)
		return ret;
	*ret_what = "SO_LINGER";
	ret = set_linger(socket, options);
	if (ret < 0)
		return ret;
	*ret_what = "SO_ATTACH_FILTER";
	return set_filter(socket, options);
}

int socket_special_set(int socket, const SkOptsEntry *options, enum socket_moment moment, const char **ret_what)
{
	return moment == SOCKET_EARLY ? set_early(socket, options, ret_what) : set_late(socket, options, ret_what);
}
