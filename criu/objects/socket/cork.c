// SPDX-License-Identifier: GPL-2.0-only
/* Reading a datagram that is not complete. No interface tells it; so it is let go and caught on its way out, by a rule of
 * ours for this one socket, and begun anew. A process apart does that, so that the end of this one changes nothing. */
#include "criu/objects/socket/cork.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

#include "criu/kernel/nft.h"
#include "criu/kernel/packet-log.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/cork-internal.h"
#include "criu/objects/socket/diag.h"
#include "criu/objects/socket/inet-headers.h"
#include "criu/objects/socket/socket.h"
#include "criu/util/cleanup.h"
#include "criu/util/guardian.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define WAIT_STEP 1000 /* microseconds */
#define WAIT_STEPS 50
#define ATTEMPTS 3
#define ANSWER_SECONDS 10
/* So many bytes of memory are no more than that many of data; with the longest headers they fit into the log. */
#define BYTES_MAX (PACKET_LOG_MAX - (int)(sizeof(struct ip6_hdr) + sizeof(struct udphdr)))

static const char tried_key;

/* --- is there one? --- */

/* A datagram on its way is counted as well, until a device has it. */
static int bytes_to_send(int socket)
{
	int bytes = 0;

	for (unsigned int i = 0; i < WAIT_STEPS; i++) {
		if (ioctl(socket, SIOCOUTQ, &bytes) < 0)
			return -errno;
		if (!bytes)
			break;
		usleep(WAIT_STEP);
	}
	return bytes;
}

/* --- the way to catch it --- */

/* Shared with the process apart. */
struct catch
{
	int socket, family;
	int netlink, log;
	int old_mark, old_cork;
	uint32_t mark;
	enum { CATCH_NOTHING, CATCH_LET_GO, CATCH_READ, CATCH_DONE } phase;
	struct logged_packet packet;
};

static int open_netfilter(const struct fd_info *fd, int *ret_fd)
{
	struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	_cleanup_close_ int netlink = socket_open_beside(fd, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);

	if (netlink < 0)
		return netlink;
	if (setsockopt(netlink, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return -errno;
	*ret_fd = steal_fd(&netlink);
	return 0;
}

static int make_rule(const struct fd_info *fd, struct catch *catch)
{
	char table[NFT_TABLE_NAME_SIZE];
	struct nft_catch rule = { .table = table, .protocol = (uint8_t)fd->socket->protocol };
	int ret;

	if (getrandom(&catch->mark, sizeof(catch->mark), 0) != sizeof(catch->mark))
		return -errno;
	catch->mark |= 1;
	snprintf(table, sizeof(table), "criu-cork-%08x", catch->mark);
	rule.socket_mark = catch->mark;
	ret = packet_log_bind(catch->log, &rule.group);
	return ret < 0 ? ret : nft_catch_make(catch->netlink, &rule);
}

static void catch_free(struct catch *catch)
{
	if (!catch)
		return;
	if (catch->netlink >= 0)
		close(catch->netlink);
	if (catch->log >= 0)
		close(catch->log);
	munmap(catch, sizeof(*catch));
}

static int catch_new(const struct fd_info *fd, struct catch **ret_catch)
{
	struct catch *catch = mmap(NULL, sizeof(*catch), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ret;

	if (catch == MAP_FAILED)
		return -ENOMEM;
	catch->family = fd->socket->family;
	catch->socket = catch->netlink = catch->log = -EBADF;
	ret = open_netfilter(fd, &catch->netlink);
	if (ret == 0)
		ret = open_netfilter(fd, &catch->log);
	if (ret == 0)
		ret = make_rule(fd, catch);
	if (ret < 0)
		catch_free(catch);
	else
		*ret_catch = catch;
	return ret;
}

/* --- survey --- */

static bool is_shut_for_sending(struct dump *dump, const struct fd_info *fd)
{
	const struct diag_socket *entry;

	return diag_find(dump, fd, &entry) == 0 && entry && diag_get_u8(entry, INET_DIAG_SHUTDOWN, 0) & 2;
}

/* Once a network namespace. */
static int try_to_catch(struct dump *dump, const struct fd_info *fd)
{
	struct catch *catch = NULL;
	bool is_new;
	int *ret = kind_state_get(&dump->kind_state, &dump->arena, &tried_key, fd->socket->net_ns,
				  sizeof(*ret), &is_new);

	if (is_new)
		*ret = catch_new(fd, &catch);
	catch_free(catch);
	return *ret;
}

static const char *find_problem(struct dump *dump, const struct fd_info *fd, int socket, int bytes)
{
	int ret;

	if (bytes > BYTES_MAX)
		return "which may be too long to be read";
	if (inet_has_headers(socket))
		return "which goes with options of IP (IP_OPTIONS, IPV6_HOPOPTS and others)";
	if (is_shut_for_sending(dump, fd))
		return "which cannot be begun anew, as it is shut down for sending";
	ret = try_to_catch(dump, fd);
	return ret < 0 ? arena_printf(&dump->arena,
				      "which cannot be read here: that takes owned tables of nftables, their 'socket' and "
				      "'log', and the packet log (%s)",
				      strerror(-ret))
		       : NULL;
}

static int survey(struct dump *dump, const struct fd_info *fd, bool keep)
{
	_cleanup_close_ int socket = -EBADF;
	const char *problem = NULL;
	int ret = fd_duplicate(fd, &socket);

	if (ret == 0)
		ret = bytes_to_send(socket);
	if (ret > 0)
		problem = keep ? find_problem(dump, fd, socket, ret) : "which cannot be read";
	if (problem)
		dump_refuse(dump, fd->task,
			    "%s: it holds back a datagram that is not complete (UDP_CORK, MSG_MORE), %s; let the program "
			    "finish it",
			    fd_describe(dump, fd), problem);
	return ret < 0 ? log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd))
		       : 0;
}

int cork_survey(struct dump *dump, const struct fd_info *fd)
{
	return survey(dump, fd, true);
}

int cork_survey_refuse(struct dump *dump, const struct fd_info *fd)
{
	return survey(dump, fd, false);
}

/* --- what a packet is --- */

static int get_number(int socket, int level, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(socket, level, option, &value, &size) < 0 ? 0 : value;
}

static int set_number(int socket, int level, int option, int value)
{
	return setsockopt(socket, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* Time to live and type of service of a socket are those at the end of a datagram, unless it has its own. */
static void parse_v4(const struct catch *catch, const struct iphdr *ip, const struct udphdr *udp, struct cork *ret)
{
	bool many = IN_MULTICAST(ntohl(ip->daddr));
	int ttl = get_number(catch->socket, IPPROTO_IP, many ? IP_MULTICAST_TTL : IP_TTL);
	int tos = get_number(catch->socket, IPPROTO_IP, IP_TOS);

	ret->to.v4 = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = udp->dest,
		.sin_addr.s_addr = ip->daddr,
	};
	memcpy(ret->from, &ip->saddr, sizeof(ip->saddr));
	ret->device = many ? catch->packet.device : 0;
	ret->ttl = ip->ttl == ttl ? -1 : ip->ttl;
	ret->tos = ip->tos == tos ? -1 : ip->tos;
}

/* In IPv6 both are settled when it begins. */
static void parse_v6(const struct logged_packet *packet, const struct ip6_hdr *ip, const struct udphdr *udp,
		     struct cork *ret)
{
	ret->to.v6 = (struct sockaddr_in6){
		.sin6_family = AF_INET6,
		.sin6_port = udp->dest,
		.sin6_addr = ip->ip6_dst,
	};
	if (IN6_IS_ADDR_LINKLOCAL(&ip->ip6_dst) || IN6_IS_ADDR_MULTICAST(&ip->ip6_dst))
		ret->device = packet->device;
	memcpy(ret->from, &ip->ip6_src, sizeof(ip->ip6_src));
	ret->ttl = ip->ip6_hlim;
	ret->tos = ntohl(ip->ip6_flow) >> 20 & 0xff;
}

static int parse(const struct catch *catch, struct cork *ret)
{
	const struct logged_packet *packet = &catch->packet;
	union {
		struct iphdr v4;
		struct ip6_hdr v6;
	} ip = { 0 };
	struct udphdr udp;
	size_t size;

	memset(ret, 0, sizeof(*ret));
	memcpy(&ip, packet->data, MIN(packet->size, sizeof(ip)));
	ret->v6 = ip.v4.version == 6;
	size = ret->v6 ? sizeof(ip.v6) : ip.v4.ihl * 4U;
	if (packet->size < size + sizeof(udp))
		return -EBADMSG;
	memcpy(&udp, packet->data + size, sizeof(udp));
	ret->data = packet->data + size + sizeof(udp);
	ret->size = packet->size - size - sizeof(udp);
	ret->has_mark = packet->mark != (uint32_t) catch->old_mark;
	ret->mark = packet->mark;
	if (ret->v6)
		parse_v6(packet, &ip.v6, &udp, ret);
	else
		parse_v4(catch, &ip.v4, &udp, ret);
	return 0;
}

/* --- catching --- */

static int begin_anew(struct catch *catch)
{
	struct cork cork;
	int ret = parse(catch, &cork);

	if (ret == 0 && !bytes_to_send(catch->socket))
		ret = cork_begin(catch->socket, catch->family, &cork);
	if (ret == 0)
		catch->phase = CATCH_DONE;
	return ret;
}

/* Whatever the phase is, also if somebody else has come to it. */
static int put_back(struct catch *catch)
{
	int ret = set_number(catch->socket, SOL_SOCKET, SO_MARK, catch->old_mark), got;

	if (catch->phase == CATCH_LET_GO) {
		got = packet_log_read(catch->log, &catch->packet);
		if (got > 0)
			catch->phase = CATCH_READ;
		else if (got < 0)
			ret = got;
	}
	if (catch->phase != CATCH_NOTHING && catch->old_cork)
		set_number(catch->socket, IPPROTO_UDP, UDP_CORK, catch->old_cork);
	return ret == 0 && catch->phase == CATCH_READ ? begin_anew(catch) : ret;
}

static int let_go(void *argument)
{
	struct catch *catch = argument;
	int ret = set_number(catch->socket, SOL_SOCKET, SO_MARK, (int)catch->mark), back;

	if (ret < 0)
		return ret;
	catch->phase = CATCH_LET_GO;
	ret = set_number(catch->socket, IPPROTO_UDP, UDP_CORK, 0);
	back = put_back(catch);
	return ret < 0 ? ret : back;
}

static void was_killed(void *argument, pid_t pid)
{
	(void)argument;
	(void)pid;
}

/* A process that was killed has us after it, and another if it had not begun. */
static int catch_apart(struct dump *dump, struct catch *catch)
{
	int ret = -EINTR;

	for (int i = 0; i < ATTEMPTS && ret == -EINTR; i++) {
		ret = guardian_run_apart(dump->apart, let_go, was_killed, catch);
		if (ret == -EINTR && put_back(catch) == 0 && catch->phase == CATCH_DONE)
			ret = 0;
	}
	return ret;
}

/* --- dump --- */

static void store(struct arena *arena, int socket, const struct cork *cork, InetSkEntry *record)
{
	InetCorkEntry *entry = arena_new(arena, InetCorkEntry);
	const union inet_address *to = &cork->to;
	struct ifreq device = { .ifr_ifindex = (int)cork->device };

	inet_cork_entry__init(entry);
	entry->to.len = entry->from.len = cork->v6 ? 16 : 4;
	entry->to.data = arena_copy(arena,
				    cork->v6 ? (const void *)&to->v6.sin6_addr : (const void *)&to->v4.sin_addr,
				    entry->to.len);
	entry->to_port = ntohs(inet_port(to));
	entry->from.data = arena_copy(arena, cork->from, entry->from.len);
	entry->data.len = cork->size;
	entry->data.data = arena_copy(arena, cork->data, cork->size);
	if (cork->device && ioctl(socket, SIOCGIFNAME, &device) == 0)
		entry->device = arena_strdup(arena, device.ifr_name);
	entry->has_ttl = cork->ttl >= 0;
	entry->ttl = entry->has_ttl ? (uint32_t)cork->ttl : 0;
	entry->has_tos = cork->tos >= 0;
	entry->tos = entry->has_tos ? (uint32_t)cork->tos : 0;
	entry->has_mark = cork->has_mark;
	entry->mark = cork->mark;
	record->cork = entry;
}

static int catch_one(struct dump *dump, const struct fd_info *fd, int socket, struct catch *catch,
		     InetSkEntry *record)
{
	struct cork cork;
	int ret;

	catch->socket = socket;
	catch->old_mark = get_number(socket, SOL_SOCKET, SO_MARK);
	catch->old_cork = get_number(socket, IPPROTO_UDP, UDP_CORK);
	ret = catch_apart(dump, catch);
	if (ret < 0)
		return ret;
	if (catch->phase != CATCH_DONE) {
		log_info("task %d: %s: what it sends is still on its way", fd->task->pid, fd_describe(dump, fd));
		return 0;
	}
	ret = parse(catch, &cork);
	if (ret == 0)
		store(&dump->arena, socket, &cork, record);
	return ret;
}

int cork_dump(struct dump *dump, const struct fd_info *fd, int socket, InetSkEntry *record)
{
	struct catch *catch = NULL;
	int ret = bytes_to_send(socket);

	if (!ret)
		return 0;
	if (ret > 0)
		ret = catch_new(fd, &catch);
	if (ret == 0)
		ret = catch_one(dump, fd, socket, catch, record);
	catch_free(catch);
	return ret < 0 ? log_errno(ret, "task %d: %s: the datagram that it holds back cannot be read",
				   fd->task->pid, fd_describe(dump, fd))
		       : 0;
}
