// SPDX-License-Identifier: GPL-2.0-only
/* Connections in each state, of IPv4, IPv6 and IPv4 in IPv6: one end, or both, drops what comes, by a filter that goes after the restore.
 * Then they all come to their ends, and what was in the queues arrives.
 *
 * options: --tcp-established
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif
#define QUEUED 3000

static const struct {
	int family;
	bool mapped;
} families[] = { { AF_INET, false }, { AF_INET6, false }, { AF_INET6, true } };

struct ends {
	int a, b;
};

static void drop(int fd)
{
	struct sock_filter nothing = { .code = BPF_RET | BPF_K, .k = 0 };
	struct sock_fprog program = { .len = 1, .filter = &nothing };

	must(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
}

static void pick_up(int fd)
{
	int value = 0;

	must(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &value, sizeof(value)));
}

static int state_of(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size));
	return info.tcpi_state;
}

static void wait_for_state(int fd, int state)
{
	while (state_of(fd) != state)
		usleep(1000);
}

static int make_listener(int family, bool mapped, struct sockaddr_in6 *address, socklen_t *size)
{
	int fd = must(socket(family, SOCK_STREAM, 0));

	memset(address, 0, sizeof(*address));
	address->sin6_family = family;
	*size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(*address);
	if (family == AF_INET)
		((struct sockaddr_in *)address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		address->sin6_addr = in6addr_loopback;
	if (mapped)
		memcpy(&address->sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
	must(bind(fd, (struct sockaddr *)address, *size));
	must(getsockname(fd, (struct sockaddr *)address, size));
	must(listen(fd, 5));
	return fd;
}

/* The kernel sends again after a second at most (from Linux 6.15; before it takes longer). */
static void hurry(int fd)
{
	int most = 1000;

	setsockopt(fd, IPPROTO_TCP, TCP_RTO_MAX_MS, &most, sizeof(most));
}

static struct ends connect_ends(int family, bool mapped)
{
	struct sockaddr_in6 address;
	socklen_t size;
	int listener = make_listener(family, mapped, &address, &size);
	struct ends ends = { .a = must(socket(family, SOCK_STREAM, 0)) };

	must(connect(ends.a, (struct sockaddr *)&address, size));
	ends.b = must(accept(listener, NULL, NULL));
	close(listener);
	hurry(ends.a);
	hurry(ends.b);
	return ends;
}

static void put(int fd, uint32_t seed)
{
	char data[QUEUED];

	test_fill(data, QUEUED, seed);
	check(must(write(fd, data, QUEUED)) == QUEUED, "short write");
}

/* All of it, and then the end. */
static void expect(int fd, uint32_t seed)
{
	char data[QUEUED];

	check(must(recv(fd, data, QUEUED, MSG_WAITALL)) == QUEUED, "the stream is too short");
	check(test_differs(data, QUEUED, seed) == -1, "byte %zd differs", test_differs(data, QUEUED, seed));
}

static void expect_end(int fd)
{
	char byte;

	check(must(read(fd, &byte, 1)) == 0, "the end of the stream does not come");
}

struct states {
	struct ends fin_wait1, fin_wait2, last_ack, closing;
	int listener, syn_sent;
};

static void make_states(int family, bool mapped, struct states *states)
{
	struct sockaddr_in6 address;
	socklen_t size;

	states->fin_wait1 = connect_ends(family, mapped);
	drop(states->fin_wait1.b);
	put(states->fin_wait1.a, 1);
	must(shutdown(states->fin_wait1.a, SHUT_WR));

	states->fin_wait2 = connect_ends(family, mapped);
	put(states->fin_wait2.a, 2);
	must(shutdown(states->fin_wait2.a, SHUT_WR));
	wait_for_state(states->fin_wait2.a, TCP_FIN_WAIT2);

	states->last_ack = connect_ends(family, mapped);
	put(states->last_ack.b, 3);
	must(shutdown(states->last_ack.b, SHUT_WR));
	wait_for_state(states->last_ack.b, TCP_FIN_WAIT2);
	drop(states->last_ack.b);
	put(states->last_ack.a, 4);
	must(shutdown(states->last_ack.a, SHUT_WR));

	states->closing = connect_ends(family, mapped);
	drop(states->closing.a);
	drop(states->closing.b);
	put(states->closing.a, 5);
	put(states->closing.b, 6);
	must(shutdown(states->closing.a, SHUT_WR));
	must(shutdown(states->closing.b, SHUT_WR));
	pick_up(states->closing.a);

	states->listener = make_listener(family, mapped, &address, &size);
	drop(states->listener);
	states->syn_sent = must(socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0));
	check(connect(states->syn_sent, (struct sockaddr *)&address, size) < 0 && errno == EINPROGRESS, "connect");
}

static void let_all_come(const struct states *states)
{
	pick_up(states->fin_wait1.b);
	pick_up(states->last_ack.b);
	pick_up(states->closing.b);
	pick_up(states->listener);
}

static void check_states(const struct states *states)
{
	check(state_of(states->fin_wait1.a) == TCP_FIN_WAIT1, "FIN_WAIT1 is %d", state_of(states->fin_wait1.a));
	check(state_of(states->fin_wait1.b) == TCP_ESTABLISHED, "its peer is %d", state_of(states->fin_wait1.b));
	check(state_of(states->fin_wait2.a) == TCP_FIN_WAIT2, "FIN_WAIT2 is %d", state_of(states->fin_wait2.a));
	check(state_of(states->fin_wait2.b) == TCP_CLOSE_WAIT, "CLOSE_WAIT is %d", state_of(states->fin_wait2.b));
	check(state_of(states->last_ack.a) == TCP_LAST_ACK, "LAST_ACK is %d", state_of(states->last_ack.a));
	check(state_of(states->closing.a) == TCP_CLOSING, "CLOSING is %d", state_of(states->closing.a));
	check(state_of(states->closing.b) == TCP_FIN_WAIT1, "its peer is %d", state_of(states->closing.b));
	check(state_of(states->syn_sent) == TCP_SYN_SENT, "SYN_SENT is %d", state_of(states->syn_sent));
}

static void end_states(const struct states *states)
{
	struct pollfd poller = { .fd = states->syn_sent, .events = POLLOUT };
	int server;

	expect(states->fin_wait1.b, 1);
	expect_end(states->fin_wait1.b);
	put(states->fin_wait1.b, 7);
	close(states->fin_wait1.b);
	expect(states->fin_wait1.a, 7);
	expect_end(states->fin_wait1.a);

	expect(states->fin_wait2.b, 2);
	expect_end(states->fin_wait2.b);
	put(states->fin_wait2.b, 8);
	close(states->fin_wait2.b);
	expect(states->fin_wait2.a, 8);
	expect_end(states->fin_wait2.a);

	expect(states->last_ack.a, 3);
	expect_end(states->last_ack.a);
	expect(states->last_ack.b, 4);
	expect_end(states->last_ack.b);
	wait_for_state(states->last_ack.a, TCP_CLOSE);

	expect(states->closing.a, 6);
	expect(states->closing.b, 5);
	expect_end(states->closing.a);
	expect_end(states->closing.b);
	wait_for_state(states->closing.a, TCP_CLOSE);

	must(poll(&poller, 1, -1));
	server = must(accept(states->listener, NULL, NULL));
	put(server, 9);
	must(fcntl(states->syn_sent, F_SETFL, 0));
	expect(states->syn_sent, 9);
}

int main(int argc, char **argv)
{
	struct states states[ARRAY_SIZE(families)];

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		make_states(families[i].family, families[i].mapped, &states[i]);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		wait_for_state(states[i].closing.a, TCP_CLOSING);
		check_states(&states[i]);
	}
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		check_states(&states[i]);
		let_all_come(&states[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		end_states(&states[i]);
	pass();
}
