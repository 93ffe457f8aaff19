// SPDX-License-Identifier: GPL-2.0-only
/* Rings of blocks (TPACKET_V3): blocks that were not read, packets in the one that is still open, where the kernel goes on.
 * One is full, so that the kernel waits; one was used and is empty; one was never used; in one the open block has something,
 * and the next is not free: that may be dropped.
 *
 * network: own
 * kinds: packet_socket packet_ring_mapping
 * iterations: 2
 */
#include "test.h"

#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define BLOCKS 4
#define BLOCK_SIZE 8192
#define LENGTH 1000
#define PLACES 7

static struct place {
	unsigned int sent, read; /* packets before the dump */
	int timeout;		 /* milliseconds until a block that has something is closed */
	unsigned int lost;	 /* those from here on */
	int fd, protocol;
	char *ring;
	unsigned int block;  /* that the program reads next */
	unsigned int taken;  /* packets of it that were read */
	unsigned int number; /* of the next packet */
} places[PLACES] = {
	{ 33, 17, 60000, 33 }, { 17, 7, 60000, 17 },  { 70, 70, 5, 70 },	{ 0, 0, 60000, 0 },
	{ 34, 28, 60000, 34 }, { 40, 17, 60000, 35 }, { 29 + 9, 9, 60000, 35 },
};
static int injector;

static void inject(const struct place *place, unsigned int number)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = 1, .sll_halen = 6 };
	char packet[14 + LENGTH] = { 0 };
	unsigned short protocol = htons(place->protocol);

	memcpy(packet + 12, &protocol, sizeof(protocol));
	test_fill(packet + 14, LENGTH, number);
	to.sll_protocol = protocol;
	must(sendto(injector, packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to)));
}

static struct tpacket_block_desc *current(const struct place *place)
{
	return (void *)(place->ring + place->block * BLOCK_SIZE);
}

static bool is_closed(const struct place *place)
{
	return __atomic_load_n(&current(place)->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
}

static void give_back(struct place *place)
{
	__atomic_store_n(&current(place)->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	place->block = (place->block + 1) % BLOCKS;
	place->taken = 0;
}

/* Empty blocks may come: their time was up. */
static void expect(struct place *place)
{
	struct pollfd ready = { .fd = place->fd, .events = POLLIN };
	const struct tpacket3_hdr *packet;
	char *block;

	while (is_closed(place) && place->taken == current(place)->hdr.bh1.num_pkts)
		give_back(place);
	while (!is_closed(place))
		check(poll(&ready, 1, 20000) == 1, "place %td: packet %u does not come", place - places,
		      place->number);
	block = (char *)current(place);
	packet = (void *)(block + current(place)->hdr.bh1.offset_to_first_pkt);
	check(current(place)->hdr.bh1.num_pkts > place->taken, "place %td: an empty block", place - places);
	for (unsigned int i = 0; i < place->taken; i++)
		packet = (void *)((char *)packet + packet->tp_next_offset);
	check(packet->tp_snaplen == 14 + LENGTH, "place %td: packet %u has %u bytes", place - places,
	      place->number, packet->tp_snaplen);
	if (place->number == 1000 * (place - places) + place->lost &&
	    test_differs((char *)packet + packet->tp_net, LENGTH, place->number) >= 0)
		place->number = 1000 * (place - places) + place->sent;
	check(test_differs((char *)packet + packet->tp_net, LENGTH, place->number) < 0,
	      "place %td: packet %u is another one", place - places, place->number);
	if (++place->taken == current(place)->hdr.bh1.num_pkts)
		give_back(place);
	place->number++;
}

static void make(int at)
{
	struct tpacket_req3 request = {
		.tp_block_size = BLOCK_SIZE,
		.tp_block_nr = BLOCKS,
		.tp_frame_size = 2048,
		.tp_frame_nr = BLOCKS * BLOCK_SIZE / 2048,
		.tp_retire_blk_tov = places[at].timeout,
		.tp_sizeof_priv = 32,
	};
	struct place *place = &places[at];
	struct sockaddr_ll name = { .sll_family = AF_PACKET, .sll_ifindex = 1 };
	int version = TPACKET_V3;
	unsigned int sent = 0;

	place->protocol = 0x9000 + at;
	place->number = 1000 * at;
	place->fd = must(socket(AF_PACKET, SOCK_RAW, 0));
	must(setsockopt(place->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)));
	must(setsockopt(place->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)));
	place->ring = mmap(NULL, BLOCKS * BLOCK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, place->fd, 0);
	check(place->ring != MAP_FAILED, "mmap");
	name.sll_protocol = htons(place->protocol);
	must(bind(place->fd, (struct sockaddr *)&name, sizeof(name)));
	while (sent < place->sent) {
		inject(place, 1000 * at + sent++);
		if (place->number < 1000 * at + place->read && (is_closed(place) || sent == place->sent))
			expect(place);
	}
	while (place->number < 1000 * at + place->read)
		expect(place);
}

/* What comes anew makes the kernel close the open block. */
static void go_on(int at)
{
	struct place *place = &places[at];
	unsigned int sent = place->sent;

	for (; place->number < 1000 * at + place->sent + 40; expect(place))
		while (!is_closed(place) && sent < place->sent + 60)
			inject(place, 1000 * at + sent++);
}

int main(int argc, char **argv)
{
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	test_init(argc, argv);
	injector = must(socket(AF_PACKET, SOCK_RAW, 0));
	must(ioctl(injector, SIOCSIFFLAGS, &up));
	for (int i = 0; i < PLACES; i++)
		make(i);
	test_ready();
	test_wait();
	for (int i = 0; i < PLACES; i++)
		go_on(i);
	pass();
}
