// SPDX-License-Identifier: GPL-2.0-only
/* Raw sockets of IPv4 and IPv6 with their filters (raw(7)), and sockets of ICMP for programs like ping (icmp(7)). The
 * kernel need not be able to list them (CONFIG_INET_RAW_DIAG). */
#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/cork.h"
#include "criu/objects/socket/holder.h"
#include "criu/objects/socket/inet-message.h"
#include "criu/objects/socket/inet-ways.h"
#include "criu/objects/socket/inet.h"
#include "criu/objects/socket/multicast.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define STATE_ESTABLISHED 1 /* what the format has for sockets with a peer */
#define FILTER_WORDS 8	    /* of struct icmp6_filter; struct icmp_filter has one */

static const char seen_key;

static bool is_raw(uint32_t family, uint32_t type, uint32_t protocol)
{
	bool ping = type == SOCK_DGRAM && protocol == (family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);

	return (family == AF_INET || family == AF_INET6) && (type == SOCK_RAW || ping);
}

static bool raw_matches(const struct fd_info *fd)
{
	return fd->socket &&
	       is_raw((uint32_t)fd->socket->family, (uint32_t)fd->socket->type, (uint32_t)fd->socket->protocol);
}

static bool raw_reads(const FileEntry *record)
{
	return record->isk && is_raw(record->isk->family, record->isk->type, record->isk->proto);
}

/* --- options with fields --- */

static int read_option(int socket, int level, int option, void *value, socklen_t size)
{
	return getsockopt(socket, level, option, value, &size) < 0 ? -errno : 0;
}

static bool read_flag(int socket, int option, protobuf_c_boolean *ret_has)
{
	int value = 0, ret = read_option(socket, IPPROTO_IP, option, &value, sizeof(value));

	*ret_has = ret == 0 && value;
	return *ret_has;
}

static bool has_filter(const InetSkEntry *record)
{
	return record->type == SOCK_RAW &&
	       record->proto == (record->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

static size_t filter_words(const InetSkEntry *record)
{
	return record->family == AF_INET ? 1 : FILTER_WORDS;
}

static int dump_filter(struct arena *arena, int socket, const InetSkEntry *record, IpOptsRawEntry *raw)
{
	uint32_t words[FILTER_WORDS] = { 0 };
	bool v6 = record->family == AF_INET6;
	int ret;

	if (!has_filter(record))
		return 0;
	raw->n_icmpv_filter = filter_words(record);
	ret = read_option(socket, v6 ? IPPROTO_ICMPV6 : SOL_RAW, v6 ? ICMP6_FILTER : ICMP_FILTER, words,
			  (socklen_t)(raw->n_icmpv_filter * sizeof(*words)));
	raw->icmpv_filter = arena_copy(arena, words, raw->n_icmpv_filter * sizeof(*words));
	return ret;
}

static int dump_options(struct arena *arena, int socket, InetSkEntry *record)
{
	IpOptsRawEntry *raw = arena_new(arena, IpOptsRawEntry);

	ip_opts_raw_entry__init(raw);
	record->ip_opts->raw = raw;
	if (record->type == SOCK_RAW && record->family == AF_INET)
		raw->hdrincl = read_flag(socket, IP_HDRINCL, &raw->has_hdrincl);
	raw->nodefrag = read_flag(socket, IP_NODEFRAG, &raw->has_nodefrag);
	raw->checksum = read_flag(socket, IP_CHECKSUM, &raw->has_checksum);
	return dump_filter(arena, socket, record, raw);
}

static int set_flag(int socket, int option, bool wanted)
{
	int now = 0, value = wanted;

	if (read_option(socket, IPPROTO_IP, option, &now, sizeof(now)) < 0)
		return wanted ? -EOPNOTSUPP : 0;
	return !now == !wanted || setsockopt(socket, IPPROTO_IP, option, &value, sizeof(value)) == 0 ? 0 : -errno;
}

static int set_options(const InetSkEntry *record, int fd)
{
	const IpOptsRawEntry *raw = record->ip_opts ? record->ip_opts->raw : NULL;
	bool v6 = record->family == AF_INET6;
	int ret = 0;

	if (!raw)
		return 0;
	if (record->type == SOCK_RAW && !v6)
		ret = set_flag(fd, IP_HDRINCL, raw->has_hdrincl && raw->hdrincl);
	if (ret == 0)
		ret = set_flag(fd, IP_NODEFRAG, raw->has_nodefrag && raw->nodefrag);
	if (ret == 0)
		ret = set_flag(fd, IP_CHECKSUM, raw->has_checksum && raw->checksum);
	if (ret < 0 || !raw->n_icmpv_filter)
		return ret;
	return setsockopt(fd, v6 ? IPPROTO_ICMPV6 : SOL_RAW, v6 ? ICMP6_FILTER : ICMP_FILTER,
			  raw->icmpv_filter, (socklen_t)(raw->n_icmpv_filter * sizeof(uint32_t))) < 0
		       ? -errno
		       : 0;
}

/* --- dump --- */

static int raw_survey(struct dump *dump, const struct fd_info *fd)
{
	bool is_new;
	int ret = inet_survey(dump, fd);

	kind_state_get(&dump->kind_state, &dump->arena, &seen_key, fd->stat.st_ino, 1, &is_new);
	if (ret < 0 || !is_new)
		return ret;
	ret = inet_survey_once(dump, fd);
	if (ret == 0)
		ret = socket_survey_holders(dump, fd, "socket");
	/* Those of ICMP without CAP_NET_RAW send at once (ping_v4_sendmsg in net/ipv4/ping.c). */
	return ret < 0 || fd->socket->type != SOCK_RAW ? ret : cork_survey_refuse(dump, fd);
}

static const char *list_of(const InetSkEntry *record)
{
	if (record->type == SOCK_RAW)
		return record->family == AF_INET ? "/proc/thread-self/net/raw" : "/proc/thread-self/net/raw6";
	return record->family == AF_INET ? "/proc/thread-self/net/icmp" : "/proc/thread-self/net/icmp6";
}

/* "  1: 0100007F:00FD 0100007F:0000 01 00000000:00000000 00:00000000 00000000  0  0 INODE ..." */
static bool parse_peer(const char *line, uint32_t inode, size_t words, uint32_t *ret_words, uint32_t *ret_port)
{
	char address[33];
	unsigned long found;
	unsigned int port;

	if (sscanf(line, " %*u: %*s %32[0-9A-F]:%x %*s %*s %*s %*s %*u %*u %lu", address, &port, &found) != 3 ||
	    found != inode || strlen(address) != words * 8)
		return false;
	for (size_t i = 0; i < words; i++)
		if (sscanf(address + 8 * i, "%8x", &ret_words[i]) != 1)
			return false;
	*ret_port = port;
	return true;
}

/* getpeername(2) tells nothing of a peer without a port. */
static int dump_peer(InetSkEntry *record)
{
	_cleanup_fclose_ FILE *list = fopen(list_of(record), "re");
	char line[512];

	if (!list)
		return errno == ENOENT ? 0 : -errno;
	while (fgets(line, sizeof(line), list))
		if (parse_peer(line, record->ino, record->n_dst_addr, record->dst_addr, &record->dst_port))
			break;
	for (size_t i = 0; i < record->n_dst_addr; i++)
		if (record->dst_addr[i])
			record->state = STATE_ESTABLISHED;
	return 0;
}

/* MSG_PEEK shows only the first, and there is no peek offset. */
static void warn_of_queue(struct dump *dump, const struct fd_info *fd, int socket)
{
	int waiting = 0;

	if (ioctl(socket, FIONREAD, &waiting) == 0 && waiting > 0)
		log_warn("task %d: %s: packets wait in this raw socket, the first of %d bytes: they cannot be read, and "
			 "are dropped",
			 fd->task->pid, fd_describe(dump, fd), waiting);
}

static int dump_here(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	_cleanup_close_ int socket = -EBADF;
	int ret = fd_duplicate(fd, &socket);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	ret = inet_dump(dump, fd, socket, record->id, &record->isk);
	if (ret < 0)
		return ret;
	ret = dump_options(&dump->arena, socket, record->isk);
	if (ret == 0)
		ret = dump_peer(record->isk);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: its options cannot be read", fd->task->pid,
				 fd_describe(dump, fd));
	warn_of_queue(dump, fd, socket);
	socket_note_errors(dump, fd, socket);
	ret = inet_ways_dump(dump, fd, socket, record->isk);
	return ret < 0 ? ret : multicast_dump(dump, fd, socket, record->isk);
}

static int raw_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	return socket_dump_within(dump, fd, record, dump_here);
}

/* --- restore --- */

static int raw_load(struct restore *restore, struct file *file)
{
	const IpOptsRawEntry *raw;
	struct inet_socket *inet;
	int ret = inet_load(restore, file, &inet);

	if (ret < 0)
		return ret;
	raw = inet->record->ip_opts ? inet->record->ip_opts->raw : NULL;
	if (raw && raw->n_icmpv_filter &&
	    (!has_filter(inet->record) || raw->n_icmpv_filter != filter_words(inet->record)))
		return log_fail(-EBADMSG, "files.img: file %u: no proper filter of ICMP", file->id);
	file->object = inet;
	return multicast_load(restore, file, inet->record);
}

static int complete(struct restore *restore, const struct file *file, const struct inet_socket *inet, int fd)
{
	int ret = set_options(inet->record, fd);

	if (ret < 0)
		return log_errno(ret, "file %u: raw socket: its options cannot be set", file->id);
	return inet_message_complete(restore, file, inet, fd);
}

static int open_here(struct restore *restore, struct file *file, int *ret_fd)
{
	_cleanup_close_ int fd = -EBADF;
	int ret = inet_open(file, file->object, &fd);

	if (ret == 0)
		ret = complete(restore, file, file->object, fd);
	if (ret < 0)
		return ret;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int raw_open(struct restore *restore, struct file *file, int *ret_fd)
{
	return inet_message_open(restore, file, open_here, ret_fd);
}

static int raw_reopen(struct restore *restore, struct file *file)
{
	return inet_message_reopen(restore, file, open_here);
}

const struct fd_kind raw_socket_kind = {
	.name = "raw-socket",
	.type = FD_TYPES__INETSK,
	.reads = raw_reads,
	.matches = raw_matches,
	.survey = raw_survey,
	.dump = raw_dump,
	.load = raw_load,
	.open = raw_open,
	.reopen = raw_reopen,
	.finish = inet_message_finish,
	.attach = inet_attach,
};
