// SPDX-License-Identifier: GPL-2.0-only
/* Connections at the ends of what numbers can say: numbers of the sequence and times that begin anew within the queues, the
 * smallest and the largest scale of windows, queues of many megabytes, and of single bytes.
 *
 * options: --tcp-established
 */
#include "test.h"

#include <linux/filter.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LARGE (8 << 20)
#define ROOM (32 << 20)
#define BYTES 3000
#define BEFORE_WRAP 1000
#define RTO_MAX_MS 44

enum { WRAP, WRAP6, SCALE_0, SCALE_14, FULL, BYTEWISE, NR };

static struct {
	int ends[2];
	size_t waiting; /* to be read at ends[0] */
} pairs[NR];

static void set(int fd, int level, int option, int value)
{
	must(setsockopt(fd, level, option, &value, sizeof(value)));
}

/* An end in repair mode, with an address. */
static int make_end(int family, uint32_t sent, uint32_t received, struct sockaddr_in6 *address, socklen_t *size)
{
	int fd = must(socket(family, SOCK_STREAM, 0));

	*size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(*address);
	memset(address, 0, sizeof(*address));
	address->sin6_family = (sa_family_t)family;
	if (family == AF_INET)
		((struct sockaddr_in *)address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		address->sin6_addr = in6addr_loopback;
	set(fd, IPPROTO_TCP, TCP_REPAIR, 1);
	set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	set(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, (int)sent);
	set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE);
	set(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, (int)received);
	must(bind(fd, (struct sockaddr *)address, *size));
	must(getsockname(fd, (struct sockaddr *)address, size));
	return fd;
}

static void agree(int fd, uint32_t scale, uint32_t time)
{
	struct tcp_repair_opt options[] = {
		{ 2, 30000 },
		{ 3, scale << 16 | scale },
		{ 8, 0 },
		{ 4, 0 },
	};
	struct tcp_repair_window window;
	uint32_t received;
	socklen_t size = sizeof(received);

	must(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_OPTIONS, options, sizeof(options)));
	set(fd, IPPROTO_TCP, TCP_TIMESTAMP, (int)time);
	set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE);
	must(getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &received, &size));
	window = (struct tcp_repair_window){
		.snd_wl1 = received,
		.snd_wnd = 65000,
		.max_window = 65000,
		.rcv_wnd = 65000,
		.rcv_wup = received,
	};
	must(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &window, sizeof(window)));
	set(fd, IPPROTO_TCP, TCP_REPAIR, -1);
}

static void make_pair(int which, int family, uint32_t sequence, uint32_t scale, uint32_t time)
{
	struct sockaddr_in6 addresses[2];
	socklen_t size;
	int *ends = pairs[which].ends;

	ends[0] = make_end(family, sequence, sequence, &addresses[0], &size);
	ends[1] = make_end(family, sequence, sequence, &addresses[1], &size);
	for (int i = 0; i < 2; i++) {
		set(ends[i], SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20);
		must(connect(ends[i], (struct sockaddr *)&addresses[!i], size));
	}
	agree(ends[0], scale, time);
	agree(ends[1], scale, time);
}

static void deafen(int fd, bool deaf)
{
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &code };
	int none = 0;

	if (deaf)
		must(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	else
		must(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none)));
}

/* As much of it as is taken. */
static size_t send_pattern(int fd, size_t size, size_t piece, int seed)
{
	char *data = malloc(size);
	size_t sent = 0;

	test_fill(data, size, seed);
	while (sent < size) {
		struct pollfd ready = { .fd = fd, .events = POLLOUT };
		ssize_t done = send(fd, data + sent, piece < size - sent ? piece : size - sent,
				    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (done > 0)
			sent += (size_t)done;
		else if (poll(&ready, 1, 200) < 1)
			break;
	}
	free(data);
	return sent;
}

static void expect_pattern(int fd, size_t size, int seed)
{
	char *data = malloc(size), *wanted = malloc(size);

	check(must(recv(fd, data, size, MSG_WAITALL)) == (ssize_t)size, "bytes are lost");
	test_fill(wanted, size, seed);
	check(!memcmp(data, wanted, size), "other bytes come");
	free(data);
	free(wanted);
}

static void fill(int which)
{
	const int *ends = pairs[which].ends;
	size_t size = which == FULL ? LARGE : which == BYTEWISE ? 20000 : BYTES;

	if (which == FULL || which == BYTEWISE) {
		set(ends[0], SOL_SOCKET, SO_RCVBUFFORCE, ROOM);
		set(ends[1], SOL_SOCKET, SO_SNDBUFFORCE, ROOM);
		set(ends[1], IPPROTO_TCP, TCP_NODELAY, 1);
	}
	pairs[which].waiting = send_pattern(ends[1], size, which == BYTEWISE ? 1 : size, which);
	/* Not to try again too late; Linux before 6.15 has a limit of minutes only. */
	setsockopt(ends[0], IPPROTO_TCP, RTO_MAX_MS, &(int){ 1000 }, sizeof(int));
	deafen(ends[1], true);
	check(send_pattern(ends[0], BYTES, BYTES, which + 1) == BYTES, "what is not confirmed is not taken");
}

static void expect(int which)
{
	const int *ends = pairs[which].ends;

	expect_pattern(ends[0], pairs[which].waiting, which);
	expect_pattern(ends[1], BYTES, which + 1);
	check(send_pattern(ends[0], BYTES, BYTES, 3) == BYTES, "nothing more can be sent");
	check(send_pattern(ends[1], BYTES, BYTES, 4) == BYTES, "nothing more can be sent back");
	expect_pattern(ends[1], BYTES, 3);
	expect_pattern(ends[0], BYTES, 4);
}

int main(int argc, char **argv)
{
	test_init(argc, argv);
	make_pair(WRAP, AF_INET, (uint32_t)-BEFORE_WRAP, 7, (uint32_t)-500);
	make_pair(WRAP6, AF_INET6, (uint32_t)-BEFORE_WRAP, 7, INT32_MAX - 501);
	make_pair(SCALE_0, AF_INET, 1, 0, 1000);
	make_pair(SCALE_14, AF_INET6, 1, 14, 1000);
	make_pair(FULL, AF_INET, 1, 14, 1000);
	make_pair(BYTEWISE, AF_INET6, 1, 14, 1000);
	for (int i = 0; i < NR; i++)
		fill(i);
	test_ready();
	test_wait();
	for (int i = 0; i < NR; i++)
		deafen(pairs[i].ends[1], false);
	for (int i = 0; i < NR; i++)
		expect(i);
	pass();
}
