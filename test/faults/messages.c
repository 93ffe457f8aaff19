// SPDX-License-Identifier: GPL-2.0-only
/* Sockets of messages, of each of which something is always on its way: datagrams in a queue, one that is not complete, a
 * ring of a packet socket; and others that only are there: raw, netlink, of multicast groups. Whoever can count counts his
 * rounds in the file "counters", where the driver sees them. */
#include "test.h"

#include "counters.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* The driver knows the order. */
enum counter { DATAGRAMS, CORK, RING, COUNTERS };

#define AHEAD 3
#define FRAMES 8
#define FRAME_SIZE 2048
#define EXPERIMENTAL 0x88b6

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_MULTICAST };
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0));

	must(ioctl(fd, SIOCSIFFLAGS, &request));
	close(fd);
}

static void go_round(enum counter which, void (*round)(void *object, uint32_t number), void *object)
{
	test_ready();
	for (uint32_t number = 0; !test_stopped(); number++) {
		round(object, number);
		__atomic_add_fetch(&counters[which], 1, __ATOMIC_SEQ_CST);
		usleep(500);
	}
}

static int bound(int family, struct sockaddr_in6 *name, socklen_t *ret_size)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)name;
	int fd = must(socket(family, SOCK_DGRAM, 0));

	memset(name, 0, sizeof(*name));
	name->sin6_family = family;
	*ret_size = family == AF_INET ? sizeof(*v4) : sizeof(*name);
	if (family == AF_INET)
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		name->sin6_addr = in6addr_loopback;
	must(bind(fd, (struct sockaddr *)name, *ret_size));
	must(getsockname(fd, (struct sockaddr *)name, ret_size));
	return fd;
}

static void expect_number(int fd, uint32_t number, const char *what)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	uint32_t got = 0;

	check(poll(&ready, 1, 10000) == 1, "%s: %u does not come", what, number);
	check(recv(fd, &got, sizeof(got), 0) == sizeof(got) && got == number, "%s: %u instead of %u", what,
	      got, number);
}

/* --- datagrams --- */

struct datagrams {
	int fd[2], udp, groups;
	struct sockaddr_in6 name[2];
	socklen_t size[2];
};

static void round_of_datagrams(void *object, uint32_t number)
{
	struct datagrams *datagrams = object;
	uint32_t later = number + AHEAD;

	for (int i = 0; i < 2; i++) {
		must(sendto(datagrams->fd[i], &later, sizeof(later), 0,
			    (struct sockaddr *)&datagrams->name[i], datagrams->size[i]));
		expect_number(datagrams->fd[i], number, "datagrams");
	}
}

static void join(int fd)
{
	struct group_source_req from = { .gsr_interface = 1 };
	struct sockaddr_in *name = (struct sockaddr_in *)&from.gsr_group;
	struct ipv6_mreq all = { .ipv6mr_multiaddr.s6_addr = { 0xff, 2, [15] = 0x77 }, .ipv6mr_interface = 1 };

	name->sin_family = AF_INET;
	name->sin_addr.s_addr = htonl(0xef010101);
	name = (struct sockaddr_in *)&from.gsr_source;
	name->sin_family = AF_INET;
	name->sin_addr.s_addr = htonl(0x0a000001);
	must(setsockopt(fd, IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, &from, sizeof(from)));
	must(setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &all, sizeof(all)));
}

static void datagrams(void *arg)
{
	static struct datagrams datagrams;

	for (int i = 0; i < 2; i++) {
		datagrams.fd[i] = bound(i ? AF_INET6 : AF_INET, &datagrams.name[i], &datagrams.size[i]);
		for (uint32_t number = 0; number < AHEAD; number++)
			must(sendto(datagrams.fd[i], &number, sizeof(number), 0,
				    (struct sockaddr *)&datagrams.name[i], datagrams.size[i]));
	}
	join(must(socket(AF_INET6, SOCK_DGRAM, 0)));
	go_round(DATAGRAMS, round_of_datagrams, &datagrams);
}

/* --- one that is not complete --- */

struct cork {
	int sender, receiver;
	struct sockaddr_in6 name;
	socklen_t size;
};

static void begin_cork(struct cork *cork, uint32_t number)
{
	must(sendto(cork->sender, &number, 2, MSG_MORE, (struct sockaddr *)&cork->name, cork->size));
}

static void round_of_cork(void *object, uint32_t number)
{
	struct cork *cork = object;

	must(send(cork->sender, (char *)&number + 2, 2, 0));
	expect_number(cork->receiver, number, "the one that is not complete");
	begin_cork(cork, number + 1);
}

static void cork(void *arg)
{
	static struct cork cork;
	struct sockaddr_in6 name;
	socklen_t size;

	cork.receiver = bound(AF_INET6, &cork.name, &cork.size);
	cork.sender = bound(AF_INET6, &name, &size);
	begin_cork(&cork, 0);
	go_round(CORK, round_of_cork, &cork);
}

/* --- a ring --- */

struct ring {
	int fd, injector;
	char *memory;
};

static void inject(const struct ring *ring, uint32_t number)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_ifindex = 1, .sll_halen = 6, .sll_protocol = htons(EXPERIMENTAL)
	};
	char packet[14 + 50] = { 0 };

	memcpy(packet + 12, &to.sll_protocol, 2);
	memcpy(packet + 14, &number, sizeof(number));
	must(sendto(ring->injector, packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to)));
}

static void round_of_ring(void *object, uint32_t number)
{
	struct ring *ring = object;
	char *frame = ring->memory + number % FRAMES * FRAME_SIZE;
	struct tpacket2_hdr *head = (void *)frame;
	struct pollfd ready = { .fd = ring->fd, .events = POLLIN };
	uint32_t got;

	inject(ring, number + AHEAD);
	while (!(__atomic_load_n(&head->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
		check(poll(&ready, 1, 10000) == 1, "ring: %u does not come", number);
	memcpy(&got, frame + head->tp_net, sizeof(got));
	check(got == number, "ring: %u instead of %u", got, number);
	__atomic_store_n(&head->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

static void make_ring(struct ring *ring, int version)
{
	struct tpacket_req3 request = { .tp_block_size = 2 * FRAME_SIZE,
					.tp_block_nr = FRAMES / 2,
					.tp_frame_size = FRAME_SIZE,
					.tp_frame_nr = FRAMES,
					.tp_retire_blk_tov = 60000 };
	struct sockaddr_ll name = { .sll_family = AF_PACKET, .sll_ifindex = 1, .sll_protocol = htons(EXPERIMENTAL) };

	ring->fd = must(socket(AF_PACKET, SOCK_RAW, 0));
	must(setsockopt(ring->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)));
	must(setsockopt(ring->fd, SOL_PACKET, PACKET_RX_RING, &request,
			version == TPACKET_V3 ? sizeof(request) : sizeof(struct tpacket_req)));
	ring->memory = mmap(NULL, FRAMES * FRAME_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	check(ring->memory != MAP_FAILED, "no ring");
	must(bind(ring->fd, (struct sockaddr *)&name, sizeof(name)));
}

static void rings(void *arg)
{
	static struct ring ring, blocks;
	struct packet_mreq all = { .mr_ifindex = 1, .mr_type = PACKET_MR_PROMISC };

	ring.injector = must(socket(AF_PACKET, SOCK_RAW, 0));
	make_ring(&ring, TPACKET_V2);
	make_ring(&blocks, TPACKET_V3);
	must(setsockopt(blocks.fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)));
	for (uint32_t i = 0; i < AHEAD; i++)
		inject(&ring, i);
	go_round(RING, round_of_ring, &ring);
}

/* --- those that are there --- */

static void make_others(void)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 4) };
	struct sock_fprog program = { .len = 1, .filter = code };
	struct sockaddr_nl name = { .nl_family = AF_NETLINK };
	struct sockaddr_vm port = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = VMADDR_PORT_ANY };
	struct icmp6_filter filter;
	int fd = must(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));

	ICMP6_FILTER_SETBLOCKALL(&filter);
	must(setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)));
	must(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	must(socket(AF_INET, SOCK_RAW, 253));
	fd = must(socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK));
	must(bind(fd, (struct sockaddr *)&name, sizeof(name)));
	must(setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &(int){ 3 }, sizeof(int)));
	fd = socket(AF_VSOCK, SOCK_STREAM, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&port, sizeof(port)) == 0)
		must(listen(fd, 3));
}

int main(int argc, char **argv)
{
	void (*const bodies[])(void *) = { datagrams, cork, rings };
	pid_t child[ARRAY_SIZE(bodies)];

	test_init(argc, argv);
	map_counters();
	loopback_up();
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		child[i] = test_child(bodies[i], NULL);
	make_others();
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		test_end_child(child[i]);
	pass();
}
