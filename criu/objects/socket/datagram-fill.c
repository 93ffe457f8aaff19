// SPDX-License-Identifier: GPL-2.0-only
/* Puts datagrams into the queue of a new UDP socket, from the addresses they came from: sent as whole IP packets by a raw
 * socket to a port that the kernel lends the socket for that time. As it has no address of its own yet, nobody else's
 * datagrams come between, and no other socket of its port takes them. */
#include <errno.h>
#include <ifaddrs.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/kernel/nft.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/datagram.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define DATA_MAX (65535 - sizeof(struct udphdr))
#define USUAL_TTL 64
#define ROOM_EACH 4096 /* what the kernel counts for a datagram beyond its bytes, at most */
#define WAIT_STEP 100  /* microseconds */
#define WAIT_STEPS 3000
#define LOST_AT_MOST 3 /* then nobody waits for the others */
#define LOOPBACK "lo"

struct filling {
	int fd, raw4, raw6;
	uint8_t protocol;
	uint16_t port; /* network order */
	char device[IF_NAMESIZE];
	const char *bound; /* to which it is at the moment */
	size_t lost;
	uint8_t *packet;
	size_t size;
};

bool datagram_is_proper(const InetDatagramEntry *record)
{
	return (record->from.len == 4 || record->from.len == 16) && record->from_port <= UINT16_MAX &&
	       record->data.len <= DATA_MAX && (!record->has_to || record->to.len == 4 || record->to.len == 16) &&
	       (!record->device || (*record->device && strlen(record->device) < IF_NAMESIZE));
}

/* --- packets --- */

static uint32_t add_up(const void *data, size_t size, uint32_t sum)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++)
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return (sum & 0xffff) + (sum >> 16);
}

/* RFC 768, RFC 8200 section 8.1: over both addresses, length and protocol as well. */
static uint16_t checksum(const struct filling *filling, const void *addresses, size_t size,
			 const struct udphdr *head, size_t length)
{
	uint32_t sum = add_up(addresses, size, (uint32_t)length + filling->protocol);

	sum = add_up(head, length, sum);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	return htons(sum ? (uint16_t)sum : 0xffff);
}

static struct udphdr *fill_udp(const struct filling *filling, const InetDatagramEntry *entry, void *at)
{
	struct udphdr *head = at;
	size_t length = sizeof(*head) + entry->data.len;

	head->source = htons((uint16_t)entry->from_port);
	head->dest = filling->port;
	head->len = htons((uint16_t)length); /* in UDP-Lite: that much is covered */
	head->check = 0;
	memcpy(head + 1, entry->data.data, entry->data.len);
	return head;
}

static void make_v4(struct filling *filling, const InetDatagramEntry *entry, const void *from, const void *to)
{
	struct iphdr *ip = (struct iphdr *)filling->packet;
	size_t length = sizeof(struct udphdr) + entry->data.len;
	struct udphdr *head = fill_udp(filling, entry, ip + 1);

	*ip = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*ip) / 4,
		.tos = (uint8_t)entry->tos,
		.tot_len = htons((uint16_t)(sizeof(*ip) + length)),
		.ttl = entry->has_ttl ? (uint8_t)entry->ttl : USUAL_TTL,
		.protocol = filling->protocol,
	};
	memcpy(&ip->saddr, from, sizeof(ip->saddr));
	memcpy(&ip->daddr, to, sizeof(ip->daddr));
	head->check = checksum(filling, &ip->saddr, 2 * sizeof(ip->saddr), head, length);
	filling->size = sizeof(*ip) + length;
}

static void make_v6(struct filling *filling, const InetDatagramEntry *entry, const void *to)
{
	struct ip6_hdr *ip = (struct ip6_hdr *)filling->packet;
	size_t length = sizeof(struct udphdr) + entry->data.len;
	struct udphdr *head = fill_udp(filling, entry, ip + 1);

	memset(ip, 0, sizeof(*ip));
	ip->ip6_flow = htonl(6U << 28 | (entry->tos & 0xff) << 20);
	ip->ip6_plen = htons((uint16_t)length);
	ip->ip6_nxt = filling->protocol;
	ip->ip6_hlim = entry->has_ttl ? (uint8_t)entry->ttl : USUAL_TTL;
	memcpy(&ip->ip6_src, entry->from.data, sizeof(ip->ip6_src));
	memcpy(&ip->ip6_dst, to, sizeof(ip->ip6_dst));
	head->check = checksum(filling, &ip->ip6_src, 2 * sizeof(ip->ip6_src), head, length);
	filling->size = sizeof(*ip) + length;
}

/* --- sending --- */

static uint32_t bytes_in_queue(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof(info);

	return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size) < 0 ? 0 : info[SK_MEMINFO_RMEM_ALLOC];
}

/* Packets of a host to itself arrive at once, or when the kernel comes to it. */
static bool send_packet(const struct filling *filling, int raw, const union inet_address *to)
{
	uint32_t before = bytes_in_queue(filling->fd);
	int steps = filling->lost < LOST_AT_MOST ? WAIT_STEPS : 1;

	if (sendto(raw, filling->packet, filling->size, 0, &to->any, inet_address_size(to)) < 0)
		return false;
	while (bytes_in_queue(filling->fd) <= before) {
		if (!steps--)
			return false;
		usleep(WAIT_STEP);
	}
	return true;
}

static void bind_device(struct filling *filling, const char *device)
{
	if (filling->bound && strcmp(filling->bound, device) == 0)
		return;
	filling->bound = device;
	if (setsockopt(filling->fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)) < 0)
		log_debug("a socket cannot be bound to device '%s': %s", device, strerror(errno));
}

static bool send_v4(struct filling *filling, const InetDatagramEntry *entry)
{
	union inet_address to = { .v4 = { .sin_family = AF_INET } };
	const uint8_t *from = entry->from.data + (entry->from.len - sizeof(to.v4.sin_addr));

	bind_device(filling, LOOPBACK);
	if (entry->has_to) {
		memcpy(&to.v4.sin_addr, entry->to.data + (entry->to.len - 4), sizeof(to.v4.sin_addr));
		make_v4(filling, entry, from, &to.v4.sin_addr);
		if (!IN_MULTICAST(ntohl(to.v4.sin_addr.s_addr)) && send_packet(filling, filling->raw4, &to))
			return true;
	}
	to.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	make_v4(filling, entry, from, &to.v4.sin_addr);
	return send_packet(filling, filling->raw4, &to);
}

/* The address of this host on the link that such a sender is on. */
static bool find_link_local(const char *device, struct in6_addr *ret)
{
	struct ifaddrs *all = NULL;
	bool found = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (struct ifaddrs *at = all; at && !found; at = at->ifa_next) {
		const struct sockaddr_in6 *address = (const struct sockaddr_in6 *)(const void *)at->ifa_addr;

		found = address && address->sin6_family == AF_INET6 && strcmp(at->ifa_name, device) == 0 &&
			IN6_IS_ADDR_LINKLOCAL(&address->sin6_addr);
		if (found)
			*ret = address->sin6_addr;
	}
	freeifaddrs(all);
	return found;
}

static bool send_v6(struct filling *filling, const InetDatagramEntry *entry)
{
	union inet_address to = { .v6 = { .sin6_family = AF_INET6 } };

	bind_device(filling, entry->device ?: LOOPBACK);
	to.v6.sin6_scope_id = entry->device ? if_nametoindex(entry->device) : 0;
	if (entry->has_to && entry->to.len == sizeof(to.v6.sin6_addr)) {
		memcpy(&to.v6.sin6_addr, entry->to.data, sizeof(to.v6.sin6_addr));
		make_v6(filling, entry, &to.v6.sin6_addr);
		if (!IN6_IS_ADDR_MULTICAST(&to.v6.sin6_addr) && send_packet(filling, filling->raw6, &to))
			return true;
	}
	if (!entry->device)
		to.v6.sin6_addr = in6addr_loopback;
	else if (!find_link_local(entry->device, &to.v6.sin6_addr))
		return false;
	make_v6(filling, entry, &to.v6.sin6_addr);
	return send_packet(filling, filling->raw6, &to);
}

static void send_one(struct filling *filling, const InetDatagramEntry *entry)
{
	struct in6_addr from = IN6ADDR_ANY_INIT;
	bool sent;

	if (entry->from.len == sizeof(from))
		memcpy(&from, entry->from.data, sizeof(from));
	sent = entry->from.len == 4 || IN6_IS_ADDR_V4MAPPED(&from) ? send_v4(filling, entry)
								   : send_v6(filling, entry);
	filling->lost += !sent;
}

/* --- a port for that time --- */

/* With these a port would not be its own, or it would get none. */
static const struct {
	int level, option;
} apart[] = {
	{ SOL_SOCKET, SO_REUSEADDR },
	{ SOL_SOCKET, SO_REUSEPORT },
	{ IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT },
};

static int bind_apart(int fd, union inet_address *address)
{
	int values[ARRAY_SIZE(apart)] = { 0 }, off = 0, ret;

	for (size_t i = 0; i < ARRAY_SIZE(apart); i++) {
		socklen_t size = sizeof(values[i]);

		getsockopt(fd, apart[i].level, apart[i].option, &values[i], &size);
		if (values[i])
			setsockopt(fd, apart[i].level, apart[i].option, &off, sizeof(off));
	}
	ret = bind(fd, &address->any, inet_address_size(address)) < 0 ? -errno : 0;
	for (size_t i = 0; i < ARRAY_SIZE(apart); i++)
		if (values[i])
			setsockopt(fd, apart[i].level, apart[i].option, &values[i], sizeof(values[i]));
	return ret;
}

static int borrow_port(struct filling *filling, int family)
{
	union inet_address address = { .any.sa_family = (sa_family_t)family };
	socklen_t size = sizeof(address);
	int ret = bind_apart(filling->fd, &address);

	if (ret == 0 && getsockname(filling->fd, &address.any, &size) < 0)
		ret = -errno;
	filling->port = inet_port(&address);
	return ret;
}

/* A port that was not asked for by its number goes with the disconnection, the device, too (__udp_disconnect in
 * net/ipv4/udp.c). */
static int give_port_back(const struct filling *filling)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	if (connect(filling->fd, &none, sizeof(none)) < 0)
		return -errno;
	return setsockopt(filling->fd, SOL_SOCKET, SO_BINDTODEVICE, filling->device,
			  (socklen_t)strlen(filling->device)) < 0
		       ? -errno
		       : 0;
}

/* --- all --- */

static void make_room(int fd, const InetSkEntry *record)
{
	uint64_t room = 0;
	int size;

	for (size_t i = 0; i < record->n_queue; i++)
		room += record->queue[i]->data.len + ROOM_EACH;
	size = (int)MIN(room * 2, INT32_MAX / 2);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static int fill(struct filling *filling, const struct inet_socket *inet)
{
	const InetSkEntry *record = inet->record;
	socklen_t size = sizeof(filling->device) - 1;
	int ret;

	if (getsockopt(filling->fd, SOL_SOCKET, SO_BINDTODEVICE, filling->device, &size) < 0)
		return -errno;
	make_room(filling->fd, record);
	ret = borrow_port(filling, inet->info.family);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < record->n_queue; i++)
		send_one(filling, record->queue[i]);
	return give_port_back(filling);
}

static void pass_locks(int fd)
{
	const int mark = NFT_LOCK_MARK;

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0)
		log_debug("datagrams cannot be marked: %s", strerror(errno));
}

int datagram_fill(const struct file *file, const struct inet_socket *inet, int fd)
{
	_cleanup_close_ int raw4 = -EBADF, raw6 = -EBADF;
	struct filling filling = { .fd = fd, .protocol = (uint8_t)inet->info.protocol };
	int ret;

	if (!inet->record->n_queue)
		return 0;
	filling.raw4 = raw4 = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	filling.raw6 = raw6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	pass_locks(raw4);
	pass_locks(raw6);
	filling.packet = malloc(sizeof(struct ip6_hdr) + sizeof(struct udphdr) + DATA_MAX);
	ret = filling.packet ? fill(&filling, inet) : -ENOMEM;
	free(filling.packet);
	if (ret < 0)
		return log_errno(ret, "file %u: socket: its queue cannot be filled", file->id);
	if (filling.lost)
		log_warn("file %u: socket: %zu of %zu datagrams that nobody had read cannot be sent in again, and are "
			 "dropped",
			 file->id, filling.lost, inet->record->n_queue);
	return 0;
}
