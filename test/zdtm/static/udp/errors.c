// SPDX-License-Identifier: GPL-2.0-only
/* Queues of errors: one that came by ICMP for a socket that asks for such (IP_RECVERR), one for a socket that does not,
 * time stamps of what was sent. They need not be kept; datagrams that wait on the same sockets are, and all go on.
 *
 * kinds: udp
 */
#include "test.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in closed_port(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0));

	must(bind(fd, (struct sockaddr *)&name, size));
	must(getsockname(fd, (struct sockaddr *)&name, &size));
	close(fd);
	return name;
}

static struct sockaddr_in make(int *ret_fd)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);

	*ret_fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(bind(*ret_fd, (struct sockaddr *)&name, size));
	must(getsockname(*ret_fd, (struct sockaddr *)&name, &size));
	return name;
}

static void set(int fd, int level, int option, int value)
{
	must(setsockopt(fd, level, option, &value, sizeof(value)));
}

static void expect_error(int fd)
{
	struct pollfd ready = { .fd = fd };

	check(poll(&ready, 1, 10000) == 1 && ready.revents & POLLERR, "no error comes");
}

static void send_to_oneself(int fd, const struct sockaddr_in *name)
{
	while (sendto(fd, "hello", 5, 0, (const struct sockaddr *)name, sizeof(*name)) < 0)
		check(errno == ECONNREFUSED, "errno %d", errno);
}

static void expect(int fd, const struct sockaddr_in *name)
{
	char bytes[10];

	check(recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) == 5 && memcmp(bytes, "hello", 5) == 0,
	      "what waited is lost: errno %d", errno);
	while (recv(fd, bytes, sizeof(bytes), MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
		continue;
	send_to_oneself(fd, name);
	check(recv(fd, bytes, sizeof(bytes), 0) == 5, "it receives no more");
}

int main(int argc, char **argv)
{
	struct sockaddr_in nobody, names[2], pending_name;
	int asks, stamps, pending, error = -1;
	socklen_t size = sizeof(error);

	test_init(argc, argv);
	names[0] = make(&asks);
	names[1] = make(&stamps);
	pending_name = make(&pending);
	nobody = closed_port();
	set(asks, IPPROTO_IP, IP_RECVERR, 1);
	must(sendto(asks, "x", 1, 0, (struct sockaddr *)&nobody, sizeof(nobody)));
	expect_error(asks);
	send_to_oneself(asks, &names[0]);
	set(stamps, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
	send_to_oneself(stamps, &names[1]);
	expect_error(stamps);
	must(connect(pending, (struct sockaddr *)&nobody, sizeof(nobody)));
	must(send(pending, "x", 1, 0));
	expect_error(pending);
	test_ready();
	test_wait();
	expect(asks, &names[0]);
	set(stamps, SOL_SOCKET, SO_TIMESTAMPING, 0);
	expect(stamps, &names[1]);
	must(getsockopt(pending, SOL_SOCKET, SO_ERROR, &error, &size));
	check(error == 0 || error == ECONNREFUSED, "another error is left: %d", error);
	must(connect(pending, &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr)));
	send_to_oneself(pending, &pending_name);
	pass();
}
