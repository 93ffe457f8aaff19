// SPDX-License-Identifier: GPL-2.0-only
/* Rings of frames (TPACKET_V1 and TPACKET_V2): where the kernel is in them, what was not read, what comes afterwards, once
 * around and more. One is empty again, one is full, one was never used, one is shared with a child.
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

#define FRAMES 8
#define FRAME_SIZE 2048
#define PLACES 6

static struct place {
	int version, type;
	unsigned int sent, read; /* before the dump */
	int fd, protocol;
	char *ring;
	unsigned int next, number;
} places[PLACES] = {
	{ TPACKET_V1, SOCK_RAW, 5, 3 },	   { TPACKET_V2, SOCK_RAW, 13, 13 },
	{ TPACKET_V2, SOCK_DGRAM, 11, 3 }, { TPACKET_V2, SOCK_RAW, 17, 12 },
	{ TPACKET_V1, SOCK_RAW, 0, 0 },	   { TPACKET_V1, SOCK_DGRAM, 14, 14 },
};
static int injector;

static char *frame(const struct place *place)
{
	return place->ring + place->next * FRAME_SIZE;
}

static unsigned int status(const struct place *place)
{
	return *(volatile unsigned int *)frame(place);
}

static void inject(const struct place *place, unsigned int number)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = 1, .sll_halen = 6 };
	char packet[14 + 200] = { 0 };
	unsigned short protocol = htons(place->protocol);

	memcpy(packet + 12, &protocol, sizeof(protocol));
	test_fill(packet + 14, 200, number);
	to.sll_protocol = protocol;
	must(sendto(injector, packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to)));
}

static void expect(struct place *place, unsigned int number)
{
	struct pollfd ready = { .fd = place->fd, .events = POLLIN };
	const struct tpacket_hdr *first = (void *)frame(place);
	const struct tpacket2_hdr *second = (void *)frame(place);
	int at = place - places;

	while (!(status(place) & TP_STATUS_USER))
		check(poll(&ready, 1, 10000) == 1, "place %d: packet %u does not come", at, number);
	check((place->version == TPACKET_V1 ? first->tp_snaplen : second->tp_snaplen) ==
		      (place->type == SOCK_RAW ? 214 : 200),
	      "place %d: packet %u has another length", at, number);
	check(test_differs(frame(place) + (place->version == TPACKET_V1 ? first->tp_net : second->tp_net),
			   200, number) < 0,
	      "place %d: packet %u is another one", at, number);
	*(volatile unsigned int *)frame(place) = TP_STATUS_KERNEL;
	place->next = (place->next + 1) % FRAMES;
}

static void make(int at)
{
	struct tpacket_req request = { 2 * FRAME_SIZE, FRAMES / 2, FRAME_SIZE, FRAMES };
	struct place *place = &places[at];
	struct sockaddr_ll name = { .sll_family = AF_PACKET, .sll_ifindex = 1 };

	place->protocol = 0x9000 + at;
	place->fd = must(socket(AF_PACKET, place->type, 0));
	must(setsockopt(place->fd, SOL_PACKET, PACKET_VERSION, &place->version, sizeof(place->version)));
	must(setsockopt(place->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)));
	place->ring = mmap(NULL, FRAMES * FRAME_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, place->fd, 0);
	check(place->ring != MAP_FAILED, "mmap");
	name.sll_protocol = htons(place->protocol);
	must(bind(place->fd, (struct sockaddr *)&name, sizeof(name)));
	for (unsigned int i = 0; i < place->sent; i++) {
		inject(place, 1000 * at + i);
		if (i < place->read)
			expect(place, 1000 * at + i);
	}
	place->number = place->sent;
}

static void go_on(int at)
{
	struct place *place = &places[at];

	for (unsigned int i = place->read; i < place->sent; i++)
		expect(place, 1000 * at + i);
	for (unsigned int i = 0; i < FRAMES + 3; i++) {
		inject(place, 1000 * at + 100 + i);
		expect(place, 1000 * at + 100 + i);
	}
}

static void child(void *unused)
{
	test_ready();
	test_wait();
	check(!munmap(places[0].ring, FRAMES * FRAME_SIZE), "the child has no ring");
}

int main(int argc, char **argv)
{
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	pid_t pid;

	test_init(argc, argv);
	injector = must(socket(AF_PACKET, SOCK_RAW, 0));
	must(ioctl(injector, SIOCSIFFLAGS, &up));
	for (int i = 0; i < PLACES; i++)
		make(i);
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	test_end_child(pid);
	for (int i = 0; i < PLACES; i++)
		go_on(i);
	pass();
}
