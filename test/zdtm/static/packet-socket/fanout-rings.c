// SPDX-License-Identifier: GPL-2.0-only
/* Two packet sockets with a ring each that share what comes in (PACKET_FANOUT), and a filter: every packet that this lets
 * through comes to one of them, before and after the restore.
 *
 * network: own
 * kinds: packet_socket packet_ring_mapping
 */
#include "test.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define MEMBERS 2
#define FRAMES 16
#define FRAME_SIZE 2048
#define PROTOCOL 0x9100
#define FANOUT (4712 | PACKET_FANOUT_LB << 16)

static struct member {
	int fd;
	char *ring;
	unsigned int next;
} members[MEMBERS];
static int injector;

static void make(struct member *member)
{
	struct tpacket_req request = { 2 * FRAME_SIZE, FRAMES / 2, FRAME_SIZE, FRAMES };
	struct sockaddr_ll name = { .sll_family = AF_PACKET, .sll_ifindex = 1, .sll_protocol = htons(PROTOCOL) };
	/* The first byte behind the header: odd ones only. */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 65535),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(code), .filter = code };
	int version = TPACKET_V2, fanout = FANOUT, reserve = 64;

	member->fd = must(socket(AF_PACKET, SOCK_RAW, 0));
	must(setsockopt(member->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)));
	must(setsockopt(member->fd, SOL_PACKET, PACKET_RESERVE, &reserve, sizeof(reserve)));
	must(setsockopt(member->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)));
	member->ring = mmap(NULL, FRAMES * FRAME_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, member->fd, 0);
	check(member->ring != MAP_FAILED, "mmap");
	must(setsockopt(member->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	must(bind(member->fd, (struct sockaddr *)&name, sizeof(name)));
	must(setsockopt(member->fd, SOL_PACKET, PACKET_FANOUT, &fanout, sizeof(fanout)));
}

static void inject(unsigned char number)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = 1, .sll_halen = 6 };
	unsigned char packet[60] = { [12] = PROTOCOL >> 8, [13] = PROTOCOL & 0xff, [14] = number };

	to.sll_protocol = htons(PROTOCOL);
	must(sendto(injector, packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to)));
}

/* Numbers that any member has, as bits. */
static uint64_t collect(void)
{
	uint64_t found = 0;

	for (int i = 0; i < MEMBERS; i++) {
		struct member *member = &members[i];
		struct tpacket2_hdr *head = (void *)(member->ring + member->next * FRAME_SIZE);

		while (head->tp_status & TP_STATUS_USER) {
			unsigned char number = ((unsigned char *)head)[head->tp_net];

			check(!(found >> number & 1), "number %d comes twice", number);
			check(head->tp_mac >= TPACKET2_HDRLEN + 64, "PACKET_RESERVE");
			found |= 1ULL << number;
			head->tp_status = TP_STATUS_KERNEL;
			member->next = (member->next + 1) % FRAMES;
			head = (void *)(member->ring + member->next * FRAME_SIZE);
		}
	}
	return found;
}

/* Odd numbers from @first on. */
static void expect(unsigned int first, unsigned int end)
{
	uint64_t found = 0, wanted = 0;

	for (unsigned int i = first | 1; i < end; i += 2)
		wanted |= 1ULL << i;
	for (int i = 0; i < 10000 && found != wanted; i++) {
		found |= collect();
		usleep(found == wanted ? 0 : 1000);
	}
	check(found == wanted, "numbers %lx came, not %lx", (unsigned long)found, (unsigned long)wanted);
}

int main(int argc, char **argv)
{
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	test_init(argc, argv);
	injector = must(socket(AF_PACKET, SOCK_RAW, 0));
	must(ioctl(injector, SIOCSIFFLAGS, &up));
	for (int i = 0; i < MEMBERS; i++)
		make(&members[i]);
	for (unsigned char i = 0; i < 20; i++)
		inject(i);
	expect(0, 20);
	for (unsigned char i = 20; i < 30; i++)
		inject(i);
	test_ready();
	test_wait();
	for (unsigned char i = 30; i < 40; i++)
		inject(i);
	expect(20, 40);
	for (unsigned char i = 40; i < 60; i++)
		inject(i);
	expect(40, 60);
	pass();
}
