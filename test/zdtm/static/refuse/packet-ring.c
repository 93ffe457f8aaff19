// SPDX-License-Identifier: GPL-2.0-only
/* Rings of packet sockets that cannot be kept: one to send by, a part of one, one whose socket is closed.
 *
 * refuses: a ring to send by; is a part of the ring of a packet socket; no task has a descriptor of a packet socket
 * kinds: packet_socket packet_ring_mapping
 */
#include "test.h"

#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct tpacket_req ring = { .tp_block_size = 8192,
					 .tp_block_nr = 1,
					 .tp_frame_size = 2048,
					 .tp_frame_nr = 4 };

static char *map(int fd)
{
	void *memory = mmap(NULL, ring.tp_block_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	check(memory != MAP_FAILED, "mmap");
	return memory;
}

int main(int argc, char **argv)
{
	int fd;

	test_init(argc, argv);
	fd = must(socket(AF_PACKET, SOCK_RAW, 0));
	must(setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &ring, sizeof(ring)));
	fd = must(socket(AF_PACKET, SOCK_RAW, 0));
	must(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)));
	must(munmap(map(fd), 4096));
	fd = must(socket(AF_PACKET, SOCK_RAW, 0));
	must(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)));
	map(fd);
	close(fd);
	test_ready();
	test_wait();
	pass();
}
