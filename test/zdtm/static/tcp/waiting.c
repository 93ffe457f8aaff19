// SPDX-License-Identifier: GPL-2.0-only
/* Connections of the tree to itself that wait to be accepted: they come in their order, with what was sent to them, also
 * more than a queue takes, and with the end of a stream. A dump that lets the tree go on takes nothing from them.
 *
 * kinds: tcp accept_queues
 * skip-if: no-kernel-types
 * options: --tcp-established
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LARGE (32 << 20)

enum { SMALL, FULL, ENDED, SILENT, OLD, NR };

static struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
static int clients[NR];
static size_t sent; /* by FULL */

static char byte_at(size_t i)
{
	return (char)(i * 7 + i / 251);
}

static int start(void)
{
	socklen_t size = sizeof(address);
	int fd = must(socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0));

	must(bind(fd, (struct sockaddr *)&address, size));
	must(listen(fd, NR));
	must(getsockname(fd, (struct sockaddr *)&address, &size));
	return fd;
}

static int call(bool old)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = address.sin6_port };
	int fd = must(socket(old ? AF_INET : AF_INET6, SOCK_STREAM, 0));

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin6_addr = in6addr_loopback;
	must(old ? connect(fd, (struct sockaddr *)&to, sizeof(to))
		 : connect(fd, (struct sockaddr *)&address, sizeof(address)));
	return fd;
}

/* Until neither end takes more. */
static void fill(int fd)
{
	char data[8192];

	while (sent < LARGE) {
		ssize_t done;

		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = byte_at(sent + i);
		done = send(fd, data, sizeof(data), MSG_DONTWAIT);
		if (done < 0 && errno == EAGAIN)
			break;
		sent += (size_t)must(done);
	}
	check(sent < LARGE, "there is no end of it");
}

static void check_filled(int fd)
{
	static char data[65536];
	size_t seen = 0;

	while (seen < sent) {
		ssize_t got = must(read(fd, data, sizeof(data)));

		check(got > 0, "the stream ends after %zu of %zu bytes", seen, sent);
		for (ssize_t i = 0; i < got; i++)
			check(data[i] == byte_at(seen + (size_t)i), "byte %zu is another one", seen + (size_t)i);
		seen += (size_t)got;
	}
	check(recv(fd, data, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN, "there is more");
}

static void check_text(int fd, const char *text)
{
	char data[64] = "";
	size_t size = strlen(text);

	check(recv(fd, data, size, MSG_WAITALL) == (ssize_t)size && memcmp(data, text, size) == 0,
	      "'%s' is not '%s'", data, text);
}

static int take(int listener, int client)
{
	struct sockaddr_in6 theirs = { 0 }, ours = { 0 };
	socklen_t size = sizeof(theirs);
	int on = 0, fd = must(accept(listener, (struct sockaddr *)&theirs, &size));

	size = sizeof(ours);
	must(getsockname(client, (struct sockaddr *)&ours, &size));
	check(ours.sin6_port == theirs.sin6_port, "another connection");
	size = sizeof(on);
	must(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size));
	check(on, "it has not what its listener has");
	return fd;
}

int main(int argc, char **argv)
{
	int listener, servers[NR], on = 1;
	char byte;

	test_init(argc, argv);
	listener = start();
	must(setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
	for (int i = 0; i < NR; i++)
		clients[i] = call(i == OLD);
	must(fcntl(clients[SMALL], F_SETFL, O_NONBLOCK));
	check(must(write(clients[SMALL], "early", 5)) == 5, "short write");
	fill(clients[FULL]);
	check(must(write(clients[ENDED], "the end", 7)) == 7, "short write");
	must(shutdown(clients[ENDED], SHUT_WR));
	check(must(write(clients[OLD], "v4", 2)) == 2, "short write");
	test_ready();
	test_wait();
	for (int i = 0; i < NR; i++)
		servers[i] = take(listener, clients[i]);
	check(accept(listener, NULL, NULL) < 0 && errno == EAGAIN, "there is one more");
	check_text(servers[SMALL], "early");
	check(recv(servers[SMALL], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN, "there is more");
	check_filled(servers[FULL]);
	check_text(servers[ENDED], "the end");
	check(read(servers[ENDED], &byte, 1) == 0, "it has not ended");
	check_text(servers[OLD], "v4");
	check(connect(clients[SMALL], (struct sockaddr *)&address, sizeof(address)) < 0 && errno == EISCONN,
	      "connect: %m");
	check(fcntl(clients[SMALL], F_GETFL) & O_NONBLOCK, "O_NONBLOCK is lost");
	for (int i = 0; i < NR; i++) {
		check(must(write(servers[i], "back", 4)) == 4, "short write");
		must(fcntl(clients[i], F_SETFL, 0));
		check_text(clients[i], "back");
	}
	pass();
}
