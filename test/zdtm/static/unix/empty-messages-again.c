// SPDX-License-Identifier: GPL-2.0-only
/* Empty messages behind others that were looked at before, by the program or by an earlier dump, from several senders.
 *
 * kinds: unix
 * skip-if: no-kernel-types
 */
#include "test.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SENDERS 3

static void bind_to(int fd, char letter)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	address.sun_path[1] = letter;
	must(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t) + 2));
}

static void look_at_all(int fd, int nr)
{
	int offset = 0;
	char got[10];

	must(setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)));
	for (int i = 0; i < nr; i++)
		must(recv(fd, got, sizeof(got), MSG_PEEK | MSG_DONTWAIT));
	offset = -1;
	must(setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)));
}

static void expect(int from, size_t length, char letter)
{
	struct sockaddr_un address = { 0 };
	socklen_t size = sizeof(address);
	char got[10];
	ssize_t ret = must(recvfrom(from, got, sizeof(got), MSG_DONTWAIT, (struct sockaddr *)&address, &size));

	check(ret == (ssize_t)length, "a message of %zd bytes, not %zu", ret, length);
	check(size > sizeof(sa_family_t) + 1 && address.sun_path[1] == letter, "it comes from '%c', not '%c'",
	      address.sun_path[1], letter);
}

int main(int argc, char **argv)
{
	static const char lengths[] = "3002010";
	int to, from[SENDERS], pair[2];
	char byte;

	test_init(argc, argv);
	to = must(socket(AF_UNIX, SOCK_DGRAM, 0));
	bind_to(to, 't');
	for (int i = 0; i < SENDERS; i++) {
		struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = { 0, 't' } };

		from[i] = must(socket(AF_UNIX, SOCK_DGRAM, 0));
		bind_to(from[i], (char)('a' + i));
		must(connect(from[i], (struct sockaddr *)&address, sizeof(sa_family_t) + 2));
	}
	for (int i = 0; lengths[i]; i++)
		must(send(from[i % SENDERS], "123", (size_t)(lengths[i] - '0'), 0));
	look_at_all(to, 2);
	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	for (int i = 0; lengths[i]; i++)
		must(send(pair[0], "123", (size_t)(lengths[i] - '0'), 0));

	test_ready();
	test_wait();

	for (int i = 0; lengths[i]; i++) {
		expect(to, (size_t)(lengths[i] - '0'), (char)('a' + i % SENDERS));
		check(must(recv(pair[1], &byte, 1, MSG_DONTWAIT | MSG_TRUNC)) == lengths[i] - '0', "packet %d", i);
	}
	check(recv(to, &byte, 1, MSG_DONTWAIT) < 0 && recv(pair[1], &byte, 1, MSG_DONTWAIT) < 0, "one too many");
	pass();
}
