// SPDX-License-Identifier: GPL-2.0-only
/* Datagrams with numbers, both ways between two processes, over IPv4 and IPv6: each comes at most once, in the order it was
 * sent; what is lost is counted, and is no more than UDP may lose: at the end all that is sent comes.
 *
 * kinds: udp
 * iterations: 10
 */
#include "test.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WINDOW 20 /* on their way at once: no queue is ever full */

struct message {
	uint32_t number; /* 0: none, only a confirmation */
	uint32_t seen;	 /* the highest that came the other way */
	char filler[100];
};

struct end {
	int fd;
	uint32_t sent, seen, lost, confirmed;
};

static struct end pairs[2][2];

static void make(int family, struct end *ends)
{
	struct sockaddr_in6 names[2];
	socklen_t size = sizeof(names[0]);

	for (int i = 0; i < 2; i++) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)&names[i];

		memset(&names[i], 0, sizeof(names[i]));
		names[i].sin6_family = family;
		if (family == AF_INET)
			v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		else
			names[i].sin6_addr = in6addr_loopback;
		size = family == AF_INET ? sizeof(*v4) : sizeof(names[0]);
		ends[i].fd = must(socket(family, SOCK_DGRAM, 0));
		must(bind(ends[i].fd, (struct sockaddr *)&names[i], size));
		must(getsockname(ends[i].fd, (struct sockaddr *)&names[i], &size));
	}
	for (int i = 0; i < 2; i++)
		must(connect(ends[i].fd, (struct sockaddr *)&names[1 - i], size));
}

static void send_next(struct end *end, bool with_number)
{
	struct message message = { with_number ? ++end->sent : 0, end->seen, "" };

	test_fill(message.filler, sizeof(message.filler), message.number);
	must(send(end->fd, &message, sizeof(message), 0));
}

/* False: nothing came in time, so what is on its way counts as lost. */
static bool receive(struct end *end)
{
	struct pollfd ready = { .fd = end->fd, .events = POLLIN };
	struct message message;

	if (poll(&ready, 1, 200) <= 0)
		return false;
	check(recv(end->fd, &message, sizeof(message), 0) == sizeof(message), "a part of one: errno %d", errno);
	check(test_differs(message.filler, sizeof(message.filler), message.number) < 0, "other bytes");
	if (message.seen > end->confirmed)
		end->confirmed = message.seen;
	if (!message.number)
		return true;
	check(message.number > end->seen, "%u comes behind %u", message.number, end->seen);
	end->lost += message.number - end->seen - 1;
	end->seen = message.number;
	return true;
}

static void talk(struct end *end)
{
	while (!test_stopped()) {
		if (end->sent - end->confirmed < WINDOW)
			send_next(end, true);
		else if (!receive(end))
			end->confirmed = end->sent;
		while (recv(end->fd, NULL, 0, MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC) > 0)
			receive(end);
	}
	check(end->lost * 10 <= end->seen + 10 * WINDOW * 10, "%u of %u are lost", end->lost, end->seen);
	printf("%u sent, %u seen, %u lost\n", end->sent, end->seen, end->lost);
}

static void one_end(void *arg)
{
	test_ready();
	talk(arg);
}

static void drain(struct end *end)
{
	while (recv(end->fd, NULL, 0, MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno != EAGAIN)
		continue;
}

static void finish(struct end *ends)
{
	drain(&ends[0]);
	drain(&ends[1]);
	for (uint32_t i = 0; i < 3 * WINDOW; i++) {
		char byte = 0;

		must(send(ends[i % 2].fd, &(char){ (char)i }, 1, 0));
		check(recv(ends[1 - i % 2].fd, &byte, 1, 0) == 1 && byte == (char)i, "datagram %u at the end", i);
	}
}

int main(int argc, char **argv)
{
	pid_t pids[2][2];

	test_init(argc, argv);
	for (int i = 0; i < 2; i++) {
		make(i ? AF_INET6 : AF_INET, pairs[i]);
		for (int j = 0; j < 2; j++)
			pids[i][j] = test_child(one_end, &pairs[i][j]);
	}
	test_ready();
	test_wait();
	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < 2; j++)
			test_end_child(pids[i][j]);
		finish(pairs[i]);
	}
	pass();
}
