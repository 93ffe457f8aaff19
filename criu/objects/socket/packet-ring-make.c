// SPDX-License-Identifier: GPL-2.0-only
/* Making the ring of a packet socket. A new one begins at its first place; it is brought to where it was by packets that
 * we send over the loopback device and which this socket alone takes, and then gets its contents. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/model/restore.h"
#include "criu/objects/socket/packet-ring.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define LOOPBACK "lo"
#define EXPERIMENTAL 0x88b5 /* ETH_P_802_EX1 of linux/if_ether.h */
#define HEADER_LENGTH 14
#define FILLER_MAX 60000
#define FILLER_SHARE 8 /* of a block: as little as this is left over at the end */
#define WAIT_STEP 100  /* microseconds */
#define WAIT_STEPS 20000
#define ATTEMPTS 20

/* --- load --- */

static bool is_ring_proper(const PacketSockEntry *record)
{
	struct packet_ring ring;

	if (packet_ring_describe(record->version, record->rx_ring, &ring) < 0 ||
	    (record->has_rx_position && record->rx_position >= ring.nr))
		return false;
	for (size_t i = 0; i < record->n_rx_pieces; i++) {
		const PacketRingPiece *piece = record->rx_pieces[i];
		size_t place = ring.version == TPACKET_V3 ? ring.block_size : ring.frame_size;
		size_t least = ring.version == TPACKET_V3 ? sizeof(struct tpacket_block_desc) : sizeof(uint32_t);

		if (piece->offset >= ring.size || piece->data.len > ring.size - piece->offset ||
		    piece->offset % ring.block_size % place || piece->data.len > place || piece->data.len < least)
			return false;
	}
	return true;
}

bool packet_ring_is_proper(const PacketSockEntry *record)
{
	if (record->rx_ring)
		return is_ring_proper(record);
	return !record->n_rx_pieces && !record->has_rx_position;
}

/* --- packets to advance with --- */

struct advance {
	struct packet_ring *ring;
	int fd, injector;
	struct sockaddr_ll to;
	uint8_t *packet;
	size_t size;
};

static int set_filter(int fd, struct sock_filter *code, size_t nr)
{
	struct sock_fprog program = { .len = (unsigned short)nr, .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

static int let_in(int fd, uint32_t magic)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, magic, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0x40000),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return set_filter(fd, code, ARRAY_SIZE(code));
}

static int keep_out(int fd)
{
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, 0);

	return set_filter(fd, &code, 1);
}

static int bind_to(int fd, uint16_t protocol, int device)
{
	struct sockaddr_ll name = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = device,
	};

	return bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 ? -errno : 0;
}

static int prepare(struct advance *advance)
{
	bool blocks = advance->ring->version == TPACKET_V3;
	uint16_t protocol = htons(EXPERIMENTAL);
	uint32_t magic, wire;
	int ret;

	advance->to = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_protocol = protocol,
		.sll_ifindex = (int)if_nametoindex(LOOPBACK),
		.sll_halen = 6,
	};
	advance->size = blocks ? MIN(advance->ring->block_size / FILLER_SHARE, (size_t)FILLER_MAX) : 64;
	advance->packet = calloc(1, advance->size);
	if (!advance->packet || getrandom(&magic, sizeof(magic), 0) != sizeof(magic))
		return -ENOMEM;
	wire = htonl(magic);
	memcpy(advance->packet + 12, &protocol, sizeof(protocol));
	memcpy(advance->packet + HEADER_LENGTH, &wire, sizeof(wire));
	advance->injector = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (advance->injector < 0)
		return -errno;
	ret = let_in(advance->fd, magic);
	return ret < 0 ? ret : bind_to(advance->fd, EXPERIMENTAL, advance->to.sll_ifindex);
}

/* What changes when it has come: the place is full, or it has one packet more. */
static uint64_t look(const struct packet_ring *ring, uint32_t place)
{
	const uint8_t *at = ring->memory + packet_ring_offset(ring, place);
	const struct tpacket_block_desc *block = (const void *)at;
	uint64_t status = packet_ring_status(ring, place);

	if (ring->version != TPACKET_V3)
		return status;
	return status << 32 | __atomic_load_n(&block->hdr.bh1.num_pkts, __ATOMIC_ACQUIRE);
}

static int send_one(const struct advance *advance, uint32_t place)
{
	uint64_t before = look(advance->ring, place);
	int steps = WAIT_STEPS;

	if (sendto(advance->injector, advance->packet, advance->size, 0,
		   (const struct sockaddr *)&advance->to, sizeof(advance->to)) < 0)
		return -errno;
	while (look(advance->ring, place) == before) {
		if (!steps--)
			return -ETIMEDOUT;
		usleep(WAIT_STEP);
	}
	return 0;
}

/* --- advancing --- */

static int advance_frames(const struct advance *advance, uint32_t position)
{
	int ret = 0;

	for (uint32_t i = 0; i < position && ret == 0; i++) {
		ret = send_one(advance, i);
		packet_ring_set_status(advance->ring, i, TP_STATUS_KERNEL);
	}
	return ret;
}

static int use_up_block(const struct advance *advance, uint32_t place)
{
	int ret = 0;

	while (ret == 0 && packet_ring_status(advance->ring, place) == TP_STATUS_KERNEL)
		ret = send_one(advance, place);
	return ret;
}

/* The packet that did not fit into the one before stands in it: the first to be read comes behind. False: it was closed
 * meanwhile, as its time was up. */
static bool empty_block(const struct packet_ring *ring, uint32_t place)
{
	uint8_t *at = ring->memory + packet_ring_offset(ring, place);
	struct tpacket_block_desc *block = (void *)at;
	uint32_t first = block->hdr.bh1.offset_to_first_pkt, behind = first;

	for (uint32_t i = 0; i < block->hdr.bh1.num_pkts; i++) {
		const struct tpacket3_hdr *packet = (const void *)(at + behind);

		if (behind > ring->block_size - sizeof(*packet))
			return false;
		behind += packet->tp_next_offset;
	}
	__atomic_store_n(&block->hdr.bh1.num_pkts, 0, __ATOMIC_RELEASE);
	if (packet_ring_status(ring, place) != TP_STATUS_KERNEL || behind > ring->block_size)
		return false;
	block->hdr.bh1.offset_to_first_pkt = behind;
	memset(at + first, 0, behind - first);
	return true;
}

/* Twice around at the most, so that numbers are left for all the blocks before it. */
static int advance_blocks(const struct advance *advance, uint32_t position, bool full)
{
	const struct packet_ring *ring = advance->ring;
	uint32_t at = 0;
	int ret = 0;

	for (uint32_t i = 0; i < position + ring->nr && ret == 0; i++) {
		ret = use_up_block(advance, at);
		if (!full || i < position)
			packet_ring_set_status(ring, at, TP_STATUS_KERNEL);
		at = (at + 1) % ring->nr;
	}
	for (int i = 0; i < ATTEMPTS && ret == 0 && !full; i++) {
		if (empty_block(ring, position))
			return 0;
		for (uint32_t j = 0; j < ring->nr && ret == 0; j++) {
			ret = use_up_block(advance, at);
			packet_ring_set_status(ring, at, TP_STATUS_KERNEL);
			at = (at + 1) % ring->nr;
		}
	}
	return full ? ret : -ETIMEDOUT;
}

/* --- contents --- */

static uint32_t place_of(const struct packet_ring *ring, const PacketRingPiece *piece)
{
	return (uint32_t)(piece->offset / ring->block_size);
}

static bool is_full(const struct packet_ring *ring, const PacketSockEntry *record)
{
	for (size_t i = 0; i < record->n_rx_pieces; i++)
		if (ring->version == TPACKET_V3 && place_of(ring, record->rx_pieces[i]) == record->rx_position)
			return true;
	return false;
}

static void fill_frames(const struct packet_ring *ring, const PacketSockEntry *record)
{
	memset(ring->memory, 0, ring->size);
	for (size_t i = 0; i < record->n_rx_pieces; i++)
		memcpy(ring->memory + record->rx_pieces[i]->offset, record->rx_pieces[i]->data.data,
		       record->rx_pieces[i]->data.len);
}

/* The status last: it gives the block to the program. */
static void fill_block(const struct packet_ring *ring, const PacketRingPiece *piece, uint64_t number)
{
	uint32_t place = place_of(ring, piece), status;
	uint8_t *at = ring->memory + piece->offset;
	struct tpacket_block_desc *block = (void *)at;

	memcpy(&status, piece->data.data + offsetof(struct tpacket_block_desc, hdr.bh1.block_status),
	       sizeof(status));
	memcpy(at, piece->data.data, offsetof(struct tpacket_block_desc, hdr.bh1.block_status));
	memcpy(at + sizeof(*block), piece->data.data + sizeof(*block), piece->data.len - sizeof(*block));
	memcpy(&block->hdr.bh1.num_pkts, piece->data.data + offsetof(struct tpacket_block_desc, hdr.bh1.num_pkts),
	       sizeof(*block) - offsetof(struct tpacket_block_desc, hdr.bh1.num_pkts));
	block->hdr.bh1.seq_num = number;
	packet_ring_set_status(ring, place, status);
}

/* Numbers are such that they go on as the kernel counts now. */
static void fill_blocks(const struct packet_ring *ring, const PacketSockEntry *record, bool full)
{
	uint32_t open = record->rx_position, nr = ring->nr;
	uint64_t number = full ? packet_ring_sequence(ring, (open + nr - 1) % nr) + 1
			       : packet_ring_sequence(ring, open);

	for (uint32_t i = 0; i < nr; i++) {
		struct tpacket_block_desc *block = (void *)(ring->memory + packet_ring_offset(ring, i));

		if (i == open && !full)
			continue;
		block->hdr.bh1.seq_num = 0;
		packet_ring_set_status(ring, i, TP_STATUS_KERNEL);
	}
	for (size_t i = 0; i < record->n_rx_pieces; i++) {
		uint32_t place = place_of(ring, record->rx_pieces[i]), before = (open + nr - place) % nr;

		fill_block(ring, record->rx_pieces[i], number - (before ? before : nr));
	}
}

static int fill(struct advance *advance, const PacketSockEntry *record)
{
	struct packet_ring *ring = advance->ring;
	bool full = is_full(ring, record);
	int ret = 0;

	if (ring->version != TPACKET_V3 && !record->rx_position) {
		fill_frames(ring, record);
		return 0;
	}
	/* A new ring waits in its first block. */
	if (ring->version == TPACKET_V3 && !record->rx_position && !record->n_rx_pieces)
		return 0;
	ret = prepare(advance);
	if (ret == 0)
		ret = ring->version == TPACKET_V3 ? advance_blocks(advance, record->rx_position, full)
						  : advance_frames(advance, record->rx_position);
	if (ret == 0)
		ret = keep_out(advance->fd);
	if (ret == 0)
		ret = bind_to(advance->fd, 0, 0);
	if (ret == 0 && ring->version == TPACKET_V3)
		fill_blocks(ring, record, full);
	else if (ret == 0)
		fill_frames(ring, record);
	return ret;
}

/* --- all --- */

static int set_ring(int fd, uint32_t version, const PacketRing *record)
{
	struct tpacket_req3 request = {
		.tp_block_size = record->block_size,
		.tp_block_nr = record->block_nr,
		.tp_frame_size = record->frame_size,
		.tp_frame_nr = record->frame_nr,
		.tp_retire_blk_tov = record->retire_tmo,
		.tp_sizeof_priv = record->sizeof_priv,
		.tp_feature_req_word = record->features,
	};
	socklen_t size = version == TPACKET_V3 ? sizeof(request) : sizeof(struct tpacket_req);

	return setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, size) < 0 ? -errno : 0;
}

static int make(const PacketSockEntry *record, int fd)
{
	struct packet_ring ring;
	struct advance advance = { .ring = &ring, .fd = fd, .injector = -EBADF };
	struct tpacket_stats_v3 statistics;
	socklen_t size = sizeof(statistics);
	int ret = set_ring(fd, record->version, record->rx_ring);

	if (ret == 0)
		ret = packet_ring_describe(record->version, record->rx_ring, &ring);
	if (ret == 0)
		ret = packet_ring_map(&ring, fd);
	if (ret < 0 || !ring.memory)
		return ret;
	ret = fill(&advance, record);
	packet_ring_unmap(&ring);
	free(advance.packet);
	if (advance.injector >= 0)
		close(advance.injector);
	/* Reading counters clears them. */
	getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &size);
	return ret;
}

int packet_ring_make(const struct file *file, const PacketSockEntry *record, int fd)
{
	int ret = record->rx_ring ? make(record, fd) : 0;

	return ret < 0 ? log_errno(ret,
				   "file %u: packet socket: its ring cannot be made and brought to where it was (the "
				   "loopback device must be up)",
				   file->id)
		       : 0;
}
