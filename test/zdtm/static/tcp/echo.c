// SPDX-License-Identifier: GPL-2.0-only
/* A server that sends back whatever comes, with a greeting; the file "port" tells where it listens; as
 * long as there is a file "hold" it accepts nobody, which it confirms by "held". No connection stays in
 * repair mode, and none loses SO_REUSEADDR.
 *
 * kinds: tcp_connections held_traffic
 * options: --tcp-established
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CLIENTS 200

static int listen_anywhere(void)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = in6addr_any };
	socklen_t size = sizeof(address);
	int fd = must(socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0));
	FILE *file;

	must(bind(fd, (struct sockaddr *)&address, size));
	must(listen(fd, 16));
	must(getsockname(fd, (struct sockaddr *)&address, &size));
	file = fopen("port.new", "w");
	check(file && fprintf(file, "%u\n", ntohs(address.sin6_port)) > 0 && !fclose(file), "port");
	must(rename("port.new", "port"));
	return fd;
}

static void echo(struct pollfd *poller)
{
	char data[65536];
	ssize_t size = read(poller->fd, data, sizeof(data)), done = 0;

	if (size <= 0) {
		check(size == 0, "a connection ends with error %d", errno);
		must(close(poller->fd));
		poller->fd = -1;
		return;
	}
	while (done < size)
		done += must(write(poller->fd, data + done, (size_t)(size - done)));
}

static void take(struct pollfd *pollers)
{
	int on = 1, fd = accept(pollers[0].fd, NULL, NULL);

	for (int i = 1; i <= MAX_CLIENTS && fd >= 0; i++) {
		if (pollers[i].fd >= 0)
			continue;
		pollers[i].fd = fd;
		must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
		check(must(write(fd, "hello\n", 6)) == 6, "short write");
		return;
	}
}

static void check_mode(int fd)
{
	int repair = 0, reuse = 0;
	socklen_t size = sizeof(repair);

	must(getsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &repair, &size));
	must(getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, &size));
	check(!repair, "a connection is in repair mode");
	check(reuse == 1, "SO_REUSEADDR is %d", reuse);
}

static bool is_held(void)
{
	if (access("hold", F_OK) < 0)
		return false;
	if (access("held", F_OK) < 0)
		must(close(must(open("held", O_WRONLY | O_CREAT, 0644))));
	return true;
}

int main(int argc, char **argv)
{
	struct pollfd pollers[MAX_CLIENTS + 1];

	test_init(argc, argv);
	for (int i = 0; i <= MAX_CLIENTS; i++)
		pollers[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	pollers[0].fd = listen_anywhere();
	test_ready();
	while (!test_stopped()) {
		pollers[0].events = is_held() ? 0 : POLLIN;
		if (poll(pollers, MAX_CLIENTS + 1, 50) <= 0)
			continue;
		if (pollers[0].revents)
			take(pollers);
		for (int i = 1; i <= MAX_CLIENTS; i++)
			if (pollers[i].fd >= 0 && pollers[i].revents)
				echo(&pollers[i]);
	}
	for (int i = 1; i <= MAX_CLIENTS; i++)
		if (pollers[i].fd >= 0)
			check_mode(pollers[i].fd);
	pass();
}
