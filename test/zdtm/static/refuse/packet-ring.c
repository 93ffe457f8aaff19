// SPDX-License-Identifier: GPL-2.0-only
/* A packet socket with a ring.
 *
 * refuses: packet sockets with a ring
 * kinds: packet_socket
 */
#include "test.h"

#include <linux/if_packet.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct tpacket_req ring = { .tp_block_size = 4096, .tp_block_nr = 1, .tp_frame_size = 2048, .tp_frame_nr = 2 };
	int fd;

	test_init(argc, argv);
	fd = must(socket(AF_PACKET, SOCK_RAW, 0));
	must(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)));
	test_ready();
	test_wait();
	pass();
}
