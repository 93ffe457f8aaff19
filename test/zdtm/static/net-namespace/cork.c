// SPDX-License-Identifier: GPL-2.0-only
/* A datagram that is not complete in a network namespace of the tree's own, and one in that of criu: none of them is sent
 * when they are looked at.
 *
 * kinds: net udp
 */
#include "test.h"

#include "rtnetlink.h"

#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

static struct pair {
	int sender, receiver;
} outer, inner;

static void make(struct pair *pair)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);

	pair->receiver = must(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
	must(bind(pair->receiver, (struct sockaddr *)&name, size));
	must(getsockname(pair->receiver, (struct sockaddr *)&name, &size));
	pair->sender = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(sendto(pair->sender, "one, ", 5, MSG_MORE, (struct sockaddr *)&name, size));
}

static void complete(const struct pair *pair)
{
	char got[20] = "";

	check(recv(pair->receiver, got, sizeof(got), 0) < 0 && errno == EAGAIN, "'%s' was sent", got);
	must(send(pair->sender, "two", 4, 0));
	must(recv(pair->receiver, got, sizeof(got), 0));
	check(strcmp(got, "one, two") == 0, "'%s' comes", got);
}

int main(int argc, char **argv)
{
	int netlink;

	test_init(argc, argv);
	make(&outer);
	must(unshare(CLONE_NEWNET));
	netlink = rtnetlink_open();
	rtnetlink_set_link(netlink, true, 0);
	rtnetlink_close(netlink);
	make(&inner);
	test_ready();
	test_wait();
	complete(&outer);
	complete(&inner);
	pass();
}
