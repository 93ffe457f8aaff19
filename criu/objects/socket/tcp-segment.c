// SPDX-License-Identifier: GPL-2.0-only
/* A TCP segment as from the peer of a connection, sent to this host by a raw socket, with the mark that passes locks. */
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
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
};

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

/* Behind the head of the packet; an odd length is filled up with zero. */
struct payload {
	size_t size; /* of all of it */
	struct segment head;
	uint8_t data[TCP_SEGMENT_MAX + 1];
};

static uint16_t find_checksum(const struct nft_connection *connection, const struct payload *payload)
{
	struct pseudo_header pseudo = { .length = htonl((uint32_t)payload->size), .protocol = htonl(IPPROTO_TCP) };
	uint32_t sum;

	memcpy(pseudo.addresses, connection->peer, 16);
	memcpy(pseudo.addresses + 16, connection->local, 16);
	sum = add_words(add_words(0, &pseudo, sizeof(pseudo)), &payload->head, payload->size + payload->size % 2);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static int open_raw(int family, uint32_t priority)
{
	_cleanup_close_ int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	int ret = fd < 0 ? -errno : tcp_set(fd, SOL_SOCKET, SO_MARK, NFT_LOCK_MARK);

	if (ret == 0 && priority)
		ret = tcp_set(fd, SOL_SOCKET, SO_PRIORITY, (int)priority);
	return ret < 0 ? ret : steal_fd(&fd);
}

static int send_parts(int fd, const void *head, size_t head_size, const struct payload *payload,
		      const void *target, size_t target_size)
{
	struct iovec parts[] = { { (void *)head, head_size }, { (void *)&payload->head, payload->size } };
	struct msghdr message = {
		.msg_name = (void *)target,
		.msg_namelen = (socklen_t)target_size,
		.msg_iov = parts,
		.msg_iovlen = 2,
	};

	return sendmsg(fd, &message, 0) < 0 ? -errno : 0;
}

/* The kernel fills in length, identification and checksum. */
static int send_v4(int fd, const struct nft_connection *connection, const struct payload *payload)
{
	struct iphdr head = { .version = 4, .ihl = 5, .ttl = HOPS, .protocol = IPPROTO_TCP };
	struct sockaddr_in target = { .sin_family = AF_INET };

	memcpy(&head.saddr, connection->peer, 4);
	memcpy(&head.daddr, connection->local, 4);
	memcpy(&target.sin_addr, connection->local, 4);
	return send_parts(fd, &head, sizeof(head), payload, &target, sizeof(target));
}

static int send_v6(int fd, const struct nft_connection *connection, uint32_t scope, const struct payload *payload)
{
	struct ip6_hdr head = { 0 };
	struct sockaddr_in6 target = { .sin6_family = AF_INET6, .sin6_scope_id = scope };

	head.ip6_flow = htonl(6U << 28);
	head.ip6_plen = htons((uint16_t)payload->size);
	head.ip6_nxt = IPPROTO_TCP;
	head.ip6_hlim = HOPS;
	memcpy(&head.ip6_src, connection->peer, 16);
	memcpy(&head.ip6_dst, connection->local, 16);
	memcpy(&target.sin6_addr, connection->local, 16);
	return send_parts(fd, &head, sizeof(head), payload, &target, sizeof(target));
}

int tcp_send_segment(const union inet_address *local, const union inet_address *peer,
		     const struct tcp_segment *segment)
{
	struct nft_connection connection;
	struct payload payload = { .size = sizeof(payload.head) + segment->size,
				   .head = {
					   .sequence = htonl(segment->sequence),
					   .acknowledged = htonl(segment->acknowledged),
					   .offset = sizeof(payload.head) / 4 << 4,
					   .flags = segment->flags,
					   .window = htons(segment->window),
				   } };
	_cleanup_close_ int fd = -EBADF;

	if (!tcp_connection_of(local, peer, &connection) || segment->size > TCP_SEGMENT_MAX)
		return -EINVAL;
	if (segment->size)
		memcpy(payload.data, segment->data, segment->size);
	payload.head.source = connection.peer_port;
	payload.head.destination = connection.local_port;
	payload.head.checksum = find_checksum(&connection, &payload);
	fd = open_raw(connection.family, segment->priority);
	if (fd < 0)
		return fd;
	if (connection.family == AF_INET)
		return send_v4(fd, &connection, &payload);
	return send_v6(fd, &connection, local->v6.sin6_scope_id, &payload);
}
