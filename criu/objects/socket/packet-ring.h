/* SPDX-License-Identifier: GPL-2.0-only */
/* Rings of packet sockets: memory that the kernel fills with packets, and which programs map. */
#ifndef CRIU_OBJECTS_SOCKET_PACKET_RING_H
#define CRIU_OBJECTS_SOCKET_PACKET_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet-sock.pb-c.h"

struct dump;
struct fd_info;
struct file;

/* A ring of this process. Its places are frames, or blocks of TPACKET_V3. */
struct packet_ring {
	uint32_t version, nr;
	size_t size, block_size, frame_size;
	uint8_t *memory;
};

/* Bytes of a mapping of it. */
uint64_t packet_ring_size(const PacketSockEntry *record);

/* --- what both sides need --- */

/* -EINVAL: no ring can be so. */
int packet_ring_describe(uint32_t version, const PacketRing *record, struct packet_ring *ret);
int packet_ring_map(struct packet_ring *ring, int socket);
void packet_ring_unmap(struct packet_ring *ring);
size_t packet_ring_offset(const struct packet_ring *ring, uint32_t place);
/* TP_STATUS_KERNEL: the program has given it back. */
uint32_t packet_ring_status(const struct packet_ring *ring, uint32_t place);
void packet_ring_set_status(const struct packet_ring *ring, uint32_t place, uint32_t status);
uint64_t packet_ring_sequence(const struct packet_ring *ring, uint32_t place);

/* --- dump --- */

/* Why it cannot be kept, or NULL; *@ret < 0: it cannot be looked at. */
const char *packet_ring_problem(int socket, uint32_t version, const PacketRing *record, int *ret);
/* Of the ring of @fd; 0: it has none. -errno, logged. */
int packet_ring_find_size(struct dump *dump, const struct fd_info *fd, uint64_t *ret_size);
/* Fills rx_position and rx_pieces. What is dropped is counted in a warning. -errno. */
int packet_ring_dump(struct dump *dump, const struct fd_info *fd, int socket, PacketSockEntry *record);

/* --- restore --- */

bool packet_ring_is_proper(const PacketSockEntry *record);
/* Makes the ring of @fd, bound to nothing, with all that was in it. -errno, logged. */
int packet_ring_make(const struct file *file, const PacketSockEntry *record, int fd);

#endif
