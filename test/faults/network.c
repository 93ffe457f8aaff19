// SPDX-License-Identifier: GPL-2.0-only
/* Two processes in a network namespace of their own, with a stream each way over IPv4 and IPv6: what is lost, or held for
 * ever, is seen by the counters in the file "counters", which stop; what comes twice, or is another byte, by themselves. */
#include "test.h"

#include "counters.h"

#include "tcp.h"

#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS 2

static int pairs[PAIRS][2];

static void enter_network(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK };
	int fd;

	must(unshare(CLONE_NEWNET));
	fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(ioctl(fd, SIOCSIFFLAGS, &request));
	close(fd);
}

static void receive_some(struct tcp_stream *way, uint64_t *counter)
{
	ssize_t got = tcp_stream_receive(way, TCP_STREAM_PIECE);

	check(got != 0 || test_stopped(), "the stream ends after %lu bytes", (unsigned long)way->in);
	if (got > 0)
		__atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static void talk(int end)
{
	struct tcp_stream ways[PAIRS];

	for (int i = 0; i < PAIRS; i++)
		ways[i] = (struct tcp_stream){ .fd = pairs[i][end] };
	while (!test_stopped()) {
		struct pollfd pollers[PAIRS];

		for (int i = 0; i < PAIRS; i++)
			pollers[i] = (struct pollfd){ .fd = ways[i].fd, .events = POLLIN | POLLOUT };
		poll(pollers, PAIRS, 100);
		for (int i = 0; i < PAIRS; i++) {
			if (pollers[i].revents & POLLOUT)
				tcp_stream_send(&ways[i], TCP_STREAM_PIECE);
			if (pollers[i].revents & POLLIN)
				receive_some(&ways[i], &counters[PAIRS * end + i]);
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
	/* The listeners stay. */
	tcp_pair("127.0.0.1", pairs[0]);
	tcp_pair("::1", pairs[1]);
	pid = test_child(child, NULL);
	test_ready();
	talk(0);
	test_end_child(pid);
	pass();
}
