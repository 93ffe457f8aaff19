// SPDX-License-Identifier: GPL-2.0-only
/* Two processes in a network namespace of their own send each other a stream without a pause, over IPv4 and IPv6; nothing
 * of it is lost or comes twice.
 *
 * options: --tcp-established
 * iterations: 10
 * kinds: net tcp
 */
#include "test.h"

#include "rtnetlink.h"
#include "tcp.h"

#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS 2
#define PIECE 1024

static int pairs[PAIRS][2];

static void receive_some(struct tcp_stream *way)
{
	check(tcp_stream_receive(way, PIECE) != 0, "the stream ends after %lu bytes", (unsigned long)way->in);
}

static void talk(int end)
{
	struct tcp_stream ways[PAIRS] = { { .fd = pairs[0][end] }, { .fd = pairs[1][end] } };

	while (!test_stopped()) {
		struct pollfd pollers[PAIRS];

		for (int i = 0; i < PAIRS; i++)
			pollers[i] = (struct pollfd){ .fd = ways[i].fd, .events = POLLIN | POLLOUT };
		poll(pollers, PAIRS, 100);
		for (int i = 0; i < PAIRS; i++) {
			if (pollers[i].revents & POLLOUT)
				tcp_stream_send(&ways[i], PIECE);
			if (pollers[i].revents & POLLIN)
				receive_some(&ways[i]);
			check(!(pollers[i].revents & (POLLERR | POLLHUP)) || test_stopped(), "a connection breaks");
		}
	}
	for (int i = 0; i < PAIRS; i++)
		check(ways[i].in, "nothing came at all");
}

static void child(void *unused)
{
	(void)unused;
	test_ready();
	talk(1);
}

int main(int argc, char **argv)
{
	int netlink;
	pid_t pid;

	test_init(argc, argv);
	must(unshare(CLONE_NEWNET));
	netlink = rtnetlink_open();
	rtnetlink_set_link(netlink, true, 0);
	rtnetlink_add_address(netlink, "10.9.8.7", 32, RT_SCOPE_UNIVERSE, 0, 0);
	rtnetlink_close(netlink);
	must(close(tcp_pair("10.9.8.7", pairs[0])));
	must(close(tcp_pair("::1", pairs[1])));
	pid = test_child(child, NULL);
	test_ready();
	talk(0);
	test_end_child(pid);
	pass();
}
