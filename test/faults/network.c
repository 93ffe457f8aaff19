// SPDX-License-Identifier: GPL-2.0-only
/* Two processes in a network namespace of their own, with a stream each way over IPv4 and IPv6: what is lost, or held for
 * ever, is seen by the counters in the file "counters", which stop; what comes twice, or is another byte, by themselves. */
#include "test.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS 2
#define PIECE 4096

static uint64_t *counters;
static int pairs[PAIRS][2];

static void map_counters(void)
{
	int fd = must(open("counters", O_RDWR | O_CREAT, 0644));

	must(ftruncate(fd, TEST_PAGE));
	counters = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(counters != MAP_FAILED, "no counters");
	close(fd);
}

static void enter_network(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK };
	int fd;

	must(unshare(CLONE_NEWNET));
	fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(ioctl(fd, SIOCSIFFLAGS, &request));
	close(fd);
}

/* The listener stays. */
static void make_pair(int family, int ends[2])
{
	struct sockaddr_in6 address = { .sin6_family = (sa_family_t)family };
	socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(address);
	int listener = must(socket(family, SOCK_STREAM, 0));

	if (family == AF_INET)
		((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		address.sin6_addr = in6addr_loopback;
	must(bind(listener, (struct sockaddr *)&address, size));
	must(getsockname(listener, (struct sockaddr *)&address, &size));
	must(listen(listener, 1));
	ends[0] = must(socket(family, SOCK_STREAM, 0));
	must(connect(ends[0], (struct sockaddr *)&address, size));
	ends[1] = must(accept(listener, NULL, NULL));
}

struct way {
	int fd;
	uint64_t out, in, *counter;
};

static uint8_t byte_at(uint64_t place)
{
	return (uint8_t)(place * 2654435761U >> 24);
}

static void send_some(struct way *way)
{
	uint8_t data[PIECE];
	ssize_t done;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = byte_at(way->out + i);
	done = send(way->fd, data, sizeof(data), MSG_DONTWAIT);
	if (done > 0)
		way->out += (uint64_t)done;
}

static void receive_some(struct way *way)
{
	uint8_t data[PIECE];
	ssize_t got = recv(way->fd, data, sizeof(data), MSG_DONTWAIT);

	check(got != 0 || test_stopped(), "the stream ends after %lu bytes", (unsigned long)way->in);
	for (ssize_t i = 0; i < got; i++, way->in++)
		check(data[i] == byte_at(way->in), "byte %lu is another", (unsigned long)way->in);
	if (got > 0)
		__atomic_add_fetch(way->counter, 1, __ATOMIC_SEQ_CST);
}

static void talk(int end)
{
	struct way ways[PAIRS];

	for (int i = 0; i < PAIRS; i++)
		ways[i] = (struct way){ .fd = pairs[i][end], .counter = &counters[PAIRS * end + i] };
	while (!test_stopped()) {
		struct pollfd pollers[PAIRS];

		for (int i = 0; i < PAIRS; i++)
			pollers[i] = (struct pollfd){ .fd = ways[i].fd, .events = POLLIN | POLLOUT };
		poll(pollers, PAIRS, 100);
		for (int i = 0; i < PAIRS; i++) {
			if (pollers[i].revents & POLLOUT)
				send_some(&ways[i]);
			if (pollers[i].revents & POLLIN)
				receive_some(&ways[i]);
			check(!(pollers[i].revents & (POLLERR | POLLHUP)) || test_stopped(), "a connection breaks");
		}
		usleep(1000); /* the driver wants the processors, too */
	}
}

static void child(void *unused)
{
	(void)unused;
	test_ready();
	talk(1);
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	map_counters();
	enter_network();
	make_pair(AF_INET, pairs[0]);
	make_pair(AF_INET6, pairs[1]);
	pid = test_child(child, NULL);
	test_ready();
	talk(0);
	test_end_child(pid);
	pass();
}
