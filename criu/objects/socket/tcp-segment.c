// SPDX-License-Identifier: GPL-2.0-only
/* A TCP segment as from the peer of a connection, sent to this host by a raw socket, with the mark that passes locks. */
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/kernel/nft.h"
#include "criu/objects/socket/tcp-internal.h"
#include "criu/util/cleanup.h"

#define HOPS 255

/* RFC 793, 3.1 */
struct segment {
	uint16_t source, destination;
	uint32_t sequence, acknowledged;
	uint8_t offset, flags;
	uint16_t window, checksum, urgent;
	uint8_t data[4]; /* and zeros */
};

#define HEAD_SIZE offsetof(struct segment, data)

/* What the checksum covers before the segment: RFC 793, RFC 8200. */
struct pseudo_header {
	uint8_t addresses[32];
	uint32_t length, protocol;
};

static uint32_t add_words(uint32_t sum, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	return sum;
}

static uint16_t find_checksum(const struct nft_connection *connection, const struct segment *segment, size_t size)
{
	struct pseudo_header pseudo = { .length = htonl((uint32_t)size), .protocol = htonl(IPPROTO_TCP) };
	uint32_t sum;

	memcpy(pseudo.addresses, connection->peer, 16);
	memcpy(pseudo.addresses + 16, connection->local, 16);
	sum = add_words(add_words(0, &pseudo, sizeof(pseudo)), segment, sizeof(*segment));
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static int open_raw(int family)
{
	_cleanup_close_ int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	int ret = fd < 0 ? -errno : tcp_set(fd, SOL_SOCKET, SO_MARK, NFT_LOCK_MARK);

	return ret < 0 ? ret : steal_fd(&fd);
}

/* The kernel fills in length, identification and checksum. */
static int send_v4(const struct nft_connection *connection, const struct segment *segment, size_t size)
{
	_cleanup_close_ int fd = open_raw(AF_INET);
	struct {
		struct iphdr head;
		struct segment segment;
	} packet = {
		.head = { .version = 4, .ihl = 5, .ttl = HOPS, .protocol = IPPROTO_TCP },
		.segment = *segment,
	};
	struct sockaddr_in target = { .sin_family = AF_INET };

	memcpy(&packet.head.saddr, connection->peer, 4);
	memcpy(&packet.head.daddr, connection->local, 4);
	memcpy(&target.sin_addr, connection->local, 4);
	if (fd < 0)
		return fd;
	size += sizeof(packet.head);
	return sendto(fd, &packet, size, 0, (struct sockaddr *)&target, sizeof(target)) < 0 ? -errno : 0;
}

static int send_v6(const struct nft_connection *connection, uint32_t scope, const struct segment *segment,
		   size_t size)
{
	_cleanup_close_ int fd = open_raw(AF_INET6);
	struct {
		struct ip6_hdr head;
		struct segment segment;
	} packet = { .segment = *segment };
	struct sockaddr_in6 target = { .sin6_family = AF_INET6, .sin6_scope_id = scope };

	packet.head.ip6_flow = htonl(6U << 28);
	packet.head.ip6_plen = htons((uint16_t)size);
	packet.head.ip6_nxt = IPPROTO_TCP;
	packet.head.ip6_hlim = HOPS;
	memcpy(&packet.head.ip6_src, connection->peer, 16);
	memcpy(&packet.head.ip6_dst, connection->local, 16);
	memcpy(&target.sin6_addr, connection->local, 16);
	if (fd < 0)
		return fd;
	size += sizeof(packet.head);
	return sendto(fd, &packet, size, 0, (struct sockaddr *)&target, sizeof(target)) < 0 ? -errno : 0;
}

int tcp_send_segment(const union inet_address *local, const union inet_address *peer,
		     const struct tcp_segment *wanted)
{
	struct nft_connection connection;
	struct segment segment = {
		.sequence = htonl(wanted->sequence),
		.acknowledged = htonl(wanted->acknowledged),
		.offset = HEAD_SIZE / 4 << 4,
		.flags = wanted->flags,
		.window = htons(wanted->window),
		.data = { wanted->size ? wanted->byte : 0 },
	};
	size_t size = HEAD_SIZE + wanted->size;

	if (!tcp_connection_of(local, peer, &connection))
		return -EINVAL;
	segment.source = connection.peer_port;
	segment.destination = connection.local_port;
	segment.checksum = find_checksum(&connection, &segment, size);
	if (connection.family == AF_INET)
		return send_v4(&connection, &segment, size);
	return send_v6(&connection, local->v6.sin6_scope_id, &segment, size);
}
