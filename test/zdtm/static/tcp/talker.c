// SPDX-License-Identifier: GPL-2.0-only
/* A server that does what the first byte of a connection says: 'k' nothing, 'w' writes, 'e' writes and ends its half. When it
 * is told to stop it writes to those which it has not ended, and all peers have to end theirs, behind what they sent. The files
 * "port" and "port4" tell where it listens; "taken" says how many have been served.
 *
 * options: --tcp-established
 */
#include "test.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIZE 3000
#define CLIENTS 64

static struct {
	int fd;
	bool ended;
} clients[CLIENTS];

static int nr_clients;

static void tell(const char *name, int number)
{
	char other[32];
	FILE *file;

	snprintf(other, sizeof(other), "%s.new", name);
	file = fopen(other, "w");
	check(file && fprintf(file, "%d\n", number) > 0 && !fclose(file), "%s", name);
	must(rename(other, name));
}

static int listen_anywhere(int family, const char *file)
{
	struct sockaddr_in6 address = { .sin6_family = (sa_family_t)family };
	socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(address);
	int fd = must(socket(family, SOCK_STREAM, 0));

	must(bind(fd, (struct sockaddr *)&address, size));
	must(listen(fd, 16));
	must(getsockname(fd, (struct sockaddr *)&address, &size));
	tell(file, ntohs(address.sin6_port));
	return fd;
}

static void fill(char data[SIZE], int seed)
{
	for (int i = 0; i < SIZE; i++)
		data[i] = (char)(i * 7 + i / 256 + seed);
}

static void put(int fd, int seed)
{
	char data[SIZE];

	fill(data, seed);
	check(must(write(fd, data, SIZE)) == SIZE, "short write");
}

static void serve(int listener)
{
	int fd = must(accept(listener, NULL, NULL));
	char what;

	check(must(read(fd, &what, 1)) == 1, "the client says nothing");
	if (what != 'k')
		put(fd, 1);
	if (what == 'e')
		must(shutdown(fd, SHUT_WR));
	clients[nr_clients].ended = what == 'e';
	clients[nr_clients++].fd = fd;
	tell("taken", nr_clients);
}

/* What the client has sent, and its end. */
static void expect(int fd)
{
	char data[SIZE + 1], wanted[SIZE];
	int got = 0;
	ssize_t more;

	while ((more = must(read(fd, data + got, sizeof(data) - got))) > 0)
		got += more;
	check(got == SIZE, "%d bytes come", got);
	fill(wanted, 2);
	check(memcmp(data, wanted, SIZE) == 0, "other bytes come");
}

int main(int argc, char **argv)
{
	struct pollfd pollers[2] = { { .events = POLLIN }, { .events = POLLIN } };

	test_init(argc, argv);
	pollers[0].fd = listen_anywhere(AF_INET6, "port");
	pollers[1].fd = listen_anywhere(AF_INET, "port4");
	test_ready();
	while (!test_stopped()) {
		int ready = poll(pollers, 2, 100);

		check(ready >= 0 || errno == EINTR, "poll: %d", errno);
		for (int i = 0; i < 2 && ready > 0; i++)
			if (pollers[i].revents)
				serve(pollers[i].fd);
	}
	for (int i = 0; i < nr_clients; i++) {
		if (clients[i].ended)
			continue;
		put(clients[i].fd, 3);
		must(shutdown(clients[i].fd, SHUT_WR));
	}
	for (int i = 0; i < nr_clients; i++)
		expect(clients[i].fd);
	pass();
}
