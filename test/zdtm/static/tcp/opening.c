// SPDX-License-Identifier: GPL-2.0-only
/* Connections in states in which they cannot be made again: both ends have asked for it at once, or data went with the first
 * segment.
 *
 * options: --tcp-established
 * refuses: (SYN_RECV), which cannot be made in this state; (TCP Fast Open)
 */
#include "test.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef TCP_FASTOPEN_NO_COOKIE
#define TCP_FASTOPEN_NO_COOKIE 34
#endif

static void drop(int fd)
{
	struct sock_filter nothing = { .code = BPF_RET | BPF_K, .k = 0 };
	struct sock_fprog program = { .len = 1, .filter = &nothing };

	must(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
}

static int state_of(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size));
	return info.tcpi_state;
}

static int make_bound(struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);
	int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));

	*address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	must(bind(fd, (struct sockaddr *)address, size));
	must(getsockname(fd, (struct sockaddr *)address, &size));
	drop(fd);
	return fd;
}

static void begin(int fd, const struct sockaddr_in *address)
{
	check(connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 && errno == EINPROGRESS,
	      "connect");
}

/* Both send a SYN to the other; one of them hears it. */
static int meet(void)
{
	struct sockaddr_in first, second;
	int a = make_bound(&first), b = make_bound(&second), value = 0;

	begin(a, &second);
	begin(b, &first);
	must(setsockopt(a, SOL_SOCKET, SO_DETACH_FILTER, &value, sizeof(value)));
	while (state_of(a) != TCP_SYN_RECV)
		usleep(1000);
	return a;
}

static int send_at_once(void)
{
	struct sockaddr_in address;
	int listener = make_bound(&address), fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)), on = 1;

	must(listen(listener, 1));
	must(setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, &on, sizeof(on)));
	check(must(sendto(fd, "data", 4, MSG_FASTOPEN, (struct sockaddr *)&address, sizeof(address))) == 4,
	      "sendto");
	return fd;
}

int main(int argc, char **argv)
{
	int both, early;

	test_init(argc, argv);
	both = meet();
	early = send_at_once();
	test_ready();
	test_wait();
	check(state_of(both) == TCP_SYN_RECV && state_of(early) == TCP_SYN_SENT, "other states");
	pass();
}
