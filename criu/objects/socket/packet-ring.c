// SPDX-License-Identifier: GPL-2.0-only
/* Rings of packet sockets as they lie in memory (linux/if_packet.h), and the dump of one. The kernel does not tell which
 * place it fills next. In TPACKET_V3 blocks have numbers; before that, frames have times, and the one behind the latest is
 * meant. */
#include "criu/objects/socket/packet-ring.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>

#include "criu/objects/kinds.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define SIZE_LIMIT (1ULL << 36)
#define V3_ALIGNMENT 8 /* net/packet/af_packet.c */

/* --- form --- */

uint64_t packet_ring_size(const PacketSockEntry *record)
{
	return record->rx_ring ? (uint64_t)record->rx_ring->block_size * record->rx_ring->block_nr : 0;
}

int packet_ring_describe(uint32_t version, const PacketRing *record, struct packet_ring *ret)
{
	uint64_t size = (uint64_t)record->block_size * record->block_nr, frames;
	size_t smallest = version == TPACKET_V3 ? sizeof(struct tpacket_block_desc) : TPACKET2_HDRLEN;

	*ret = (struct packet_ring){
		.version = version,
		.size = size,
		.block_size = record->block_size,
		.frame_size = record->frame_size,
		.nr = version == TPACKET_V3 ? record->block_nr : record->frame_nr,
	};
	if (!size || size > SIZE_LIMIT || record->block_size % PAGE_SIZE || record->frame_size % TPACKET_ALIGNMENT ||
	    record->frame_size < smallest || record->frame_size > record->block_size)
		return -EINVAL;
	frames = (uint64_t)(record->block_size / record->frame_size) * record->block_nr;
	return frames == record->frame_nr ? 0 : -EINVAL;
}

int packet_ring_map(struct packet_ring *ring, int socket)
{
	void *memory = mmap(NULL, ring->size, PROT_READ | PROT_WRITE, MAP_SHARED, socket, 0);

	if (memory == MAP_FAILED)
		return -errno;
	ring->memory = memory;
	return 0;
}

void packet_ring_unmap(struct packet_ring *ring)
{
	if (ring->memory)
		munmap(ring->memory, ring->size);
	ring->memory = NULL;
}

size_t packet_ring_offset(const struct packet_ring *ring, uint32_t place)
{
	size_t each = ring->block_size / ring->frame_size;

	if (ring->version == TPACKET_V3)
		return place * ring->block_size;
	return place / each * ring->block_size + place % each * ring->frame_size;
}

/* --- places --- */

/* In all versions: the low half is enough in the first, where it is a long. */
static size_t status_offset(const struct packet_ring *ring)
{
	return ring->version == TPACKET_V3 ? offsetof(struct tpacket_block_desc, hdr.bh1.block_status) : 0;
}

uint32_t packet_ring_status(const struct packet_ring *ring, uint32_t place)
{
	const uint8_t *at = ring->memory + packet_ring_offset(ring, place) + status_offset(ring);

	return __atomic_load_n((const uint32_t *)(const void *)at, __ATOMIC_ACQUIRE);
}

void packet_ring_set_status(const struct packet_ring *ring, uint32_t place, uint32_t status)
{
	uint8_t *at = ring->memory + packet_ring_offset(ring, place) + status_offset(ring);

	__atomic_store_n((uint32_t *)(void *)at, status, __ATOMIC_RELEASE);
}

uint64_t packet_ring_sequence(const struct packet_ring *ring, uint32_t place)
{
	const uint8_t *at = ring->memory + packet_ring_offset(ring, place);
	const struct tpacket_block_desc *block = (const void *)at;
	const struct tpacket2_hdr *second = (const void *)at;
	const struct tpacket_hdr *first = (const void *)at;

	if (ring->version == TPACKET_V3)
		return block->hdr.bh1.seq_num;
	if (ring->version == TPACKET_V2)
		return second->tp_sec * 1000000000ULL + second->tp_nsec;
	return first->tp_sec * 1000000ULL + first->tp_usec;
}

/* --- where it is --- */

static bool is_free(const struct packet_ring *ring, uint32_t place)
{
	return packet_ring_status(ring, place) == TP_STATUS_KERNEL;
}

/* The open block has the highest number. If that one is closed, the kernel waits for the next to be given back. */
static uint32_t find_block(const struct packet_ring *ring)
{
	uint32_t latest = 0;

	for (uint32_t i = 1; i < ring->nr; i++)
		if (packet_ring_sequence(ring, i) > packet_ring_sequence(ring, latest))
			latest = i;
	return is_free(ring, latest) ? latest : (latest + 1) % ring->nr;
}

/* Where times go back furthest: two processors may have been out of order by a little. */
static uint32_t find_frame(const struct packet_ring *ring)
{
	uint64_t furthest = 0;
	uint32_t found = 0;

	for (uint32_t i = 0; i < ring->nr; i++) {
		uint32_t next = (i + 1) % ring->nr;
		uint64_t now = packet_ring_sequence(ring, i), then = packet_ring_sequence(ring, next);

		if (now > then && now - then > furthest) {
			furthest = now - then;
			found = next;
		}
	}
	return found;
}

static uint32_t find_position(const struct packet_ring *ring)
{
	return ring->version == TPACKET_V3 ? find_block(ring) : find_frame(ring);
}

/* What the kernel thinks of the place before its own is told by poll(2) (packet_poll in net/packet/af_packet.c). */
static bool agrees(const struct packet_ring *ring, int socket)
{
	struct pollfd ready = { .fd = socket, .events = POLLIN };

	for (int i = 0; i < 3; i++) {
		uint32_t before = (find_position(ring) + ring->nr - 1) % ring->nr;

		if (poll(&ready, 1, 0) >= 0 && !!(ready.revents & POLLIN) == !is_free(ring, before))
			return true;
	}
	return false;
}

const char *packet_ring_problem(int socket, uint32_t version, const PacketRing *record, int *ret)
{
	struct packet_ring ring;
	bool right;

	*ret = packet_ring_describe(version, record, &ring);
	if (*ret == 0)
		*ret = packet_ring_map(&ring, socket);
	if (*ret < 0 || !ring.memory)
		return NULL;
	right = version == TPACKET_V3 || agrees(&ring, socket);
	packet_ring_unmap(&ring);
	return right ? NULL
		     : "packet sockets with a ring whose times contradict each other are not kept: the kernel does not "
		       "tell where in it it is";
}

/* --- contents --- */

struct taking {
	struct arena *arena;
	const struct packet_ring *ring;
	PacketSockEntry *record;
	uint32_t dropped;
};

static uint8_t *take(struct taking *taking, uint32_t place, size_t size)
{
	PacketRingPiece *piece = arena_new(taking->arena, PacketRingPiece);

	packet_ring_piece__init(piece);
	piece->offset = packet_ring_offset(taking->ring, place);
	piece->data.len = size;
	piece->data.data = arena_copy(taking->arena, taking->ring->memory + piece->offset, size);
	taking->record->rx_pieces[taking->record->n_rx_pieces++] = piece;
	return piece->data.data;
}

/* Of one that was read the head is kept: its time tells where the ring is. It may be filled while we look. */
static void take_frame(struct taking *taking, uint32_t place)
{
	const struct packet_ring *ring = taking->ring;
	uint32_t status = packet_ring_status(ring, place);
	const uint8_t *at = ring->memory + packet_ring_offset(ring, place);
	const struct tpacket2_hdr *second = (const void *)at;
	const struct tpacket_hdr *first = (const void *)at;
	size_t size = TPACKET2_HDRLEN;
	uint8_t *copy;

	if (!status && !packet_ring_sequence(ring, place))
		return;
	if (status && ring->version == TPACKET_V2)
		size = (size_t)second->tp_mac + second->tp_snaplen;
	else if (status)
		size = (size_t)first->tp_mac + first->tp_snaplen;
	copy = take(taking, place, MIN(MAX(size, TPACKET2_HDRLEN), ring->frame_size));
	memcpy(copy, &status, sizeof(status));
}

/* As prb_close_block does it when the time is up. False: it has not the form that the kernel gives it. */
static bool close_block(uint8_t *copy, size_t size)
{
	struct tpacket_block_desc *block = (void *)copy;
	size_t at = block->hdr.bh1.offset_to_first_pkt;

	for (uint32_t i = 0; i < block->hdr.bh1.num_pkts; i++) {
		struct tpacket3_hdr *packet = (void *)(copy + at);

		if (at % V3_ALIGNMENT || at > size || size - at < sizeof(*packet))
			return false;
		if (i + 1 == block->hdr.bh1.num_pkts) {
			packet->tp_next_offset = 0;
			block->hdr.bh1.ts_last_pkt.ts_sec = packet->tp_sec;
			block->hdr.bh1.ts_last_pkt.ts_nsec = packet->tp_nsec;
		} else if (!packet->tp_next_offset) {
			return false;
		}
		at += packet->tp_next_offset;
	}
	block->hdr.bh1.block_status = TP_STATUS_USER | TP_STATUS_BLK_TMO;
	return true;
}

/* The open one is closed, and the kernel is to begin the next, if that is free. */
static void take_open_block(struct taking *taking)
{
	const struct packet_ring *ring = taking->ring;
	uint32_t place = taking->record->rx_position, next = (place + 1) % ring->nr;
	const struct tpacket_block_desc *block = (const void *)(ring->memory + packet_ring_offset(ring, place));
	size_t size = MIN((size_t)block->hdr.bh1.blk_len, ring->block_size);
	uint32_t nr = block->hdr.bh1.num_pkts;

	if (!nr || !is_free(ring, place))
		return;
	if (next != place && is_free(ring, next) && size >= sizeof(*block) &&
	    close_block(take(taking, place, size), size)) {
		taking->record->rx_position = next;
		return;
	}
	taking->record->n_rx_pieces -= next != place && is_free(ring, next) && size >= sizeof(*block);
	taking->dropped = nr;
}

static void take_block(struct taking *taking, uint32_t place)
{
	const struct packet_ring *ring = taking->ring;
	const struct tpacket_block_desc *block = (const void *)(ring->memory + packet_ring_offset(ring, place));

	if (!is_free(ring, place))
		take(taking, place, MIN(MAX((size_t)block->hdr.bh1.blk_len, sizeof(*block)), ring->block_size));
}

static void take_all(struct taking *taking)
{
	const struct packet_ring *ring = taking->ring;

	taking->record->rx_pieces = arena_array(taking->arena, PacketRingPiece *, ring->nr + 1);
	taking->record->has_rx_position = true;
	taking->record->rx_position = find_position(ring);
	for (uint32_t i = 0; i < ring->nr; i++) {
		if (ring->version == TPACKET_V3)
			take_block(taking, i);
		else
			take_frame(taking, i);
	}
	if (ring->version == TPACKET_V3)
		take_open_block(taking);
}

int packet_ring_dump(struct dump *dump, const struct fd_info *fd, int socket, PacketSockEntry *record)
{
	struct packet_ring ring;
	struct taking taking = { .arena = &dump->arena, .ring = &ring, .record = record };
	int ret = packet_ring_describe(record->version, record->rx_ring, &ring);

	if (ret == 0)
		ret = packet_ring_map(&ring, socket);
	if (ret < 0 || !ring.memory)
		return ret;
	take_all(&taking);
	packet_ring_unmap(&ring);
	if (taking.dropped)
		log_warn("task %d: %s: %u packets in the block of its ring that is still open are dropped, as the next one "
			 "is not free",
			 fd->task->pid, fd_describe(dump, fd), taking.dropped);
	return 0;
}
