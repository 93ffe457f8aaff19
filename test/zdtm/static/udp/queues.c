// SPDX-License-Identifier: GPL-2.0-only
/* Datagrams that wait to be read, of every length, with the addresses of their senders: of IPv4, IPv6, and IPv4 in IPv6.
 * One of the senders has ended, one is a socket of this process; one receiver is connected.
 */
#include "test.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAMILIES 4
#define SENDERS 2
#define LENGTH_MAX 9000

#define EACH 4

/* An empty one cannot be seen by a second dump unless it is the first of all. */
static const size_t lengths[SENDERS][EACH] = { { 0, LENGTH_MAX, 17, 1 }, { 1, 2, LENGTH_MAX - 1, 3 } };

static struct place {
	int socket, senders[SENDERS];
	struct sockaddr_in6 name, names[SENDERS];
	socklen_t size;
} places[FAMILIES];

static int make(int family, bool mapped, struct sockaddr_in6 *name, socklen_t *ret_size)
{
	int fd = must(socket(family, SOCK_DGRAM, 0));
	struct sockaddr_in *v4 = (struct sockaddr_in *)name;

	memset(name, 0, sizeof(*name));
	name->sin6_family = family;
	if (family == AF_INET)
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (mapped)
		memcpy(&name->sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
	else
		name->sin6_addr = in6addr_loopback;
	*ret_size = family == AF_INET ? sizeof(*v4) : sizeof(*name);
	must(bind(fd, (struct sockaddr *)name, *ret_size));
	must(getsockname(fd, (struct sockaddr *)name, ret_size));
	return fd;
}

static uint32_t seed_of(int place, int sender, size_t which)
{
	return 1000 * (place + 1) + 100 * (sender + 1) + which;
}

static void set_up(int at)
{
	struct place *place = &places[at];
	int family = at == 0 || at == 3 ? AF_INET : AF_INET6;
	char data[LENGTH_MAX];

	place->socket = make(family, at == 2, &place->name, &place->size);
	for (int i = 0; i < SENDERS; i++)
		place->senders[i] = make(family, at == 2, &place->names[i], &place->size);
	for (size_t which = 0; which < EACH; which++)
		for (int i = 0; i < SENDERS; i++) {
			test_fill(data, lengths[i][which], seed_of(at, i, which));
			must(sendto(place->senders[i], data, lengths[i][which], 0,
				    (struct sockaddr *)&place->name, place->size));
		}
	close(place->senders[0]);
	if (at == 3)
		must(connect(place->socket, (struct sockaddr *)&place->names[1], place->size));
}

static void expect(int at, int sender, size_t which)
{
	struct place *place = &places[at];
	char data[LENGTH_MAX + 1];
	struct sockaddr_in6 from;
	socklen_t size = sizeof(from);
	ssize_t got = recvfrom(place->socket, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&from, &size);

	memset((char *)&from + size, 0, sizeof(from) - size);
	check(got == (ssize_t)lengths[sender][which], "place %d, sender %d: datagram %zu has %zd bytes", at,
	      sender, which, got);
	check(test_differs(data, lengths[sender][which], seed_of(at, sender, which)) < 0,
	      "place %d, sender %d: datagram %zu has other bytes", at, sender, which);
	check(memcmp(&from, &place->names[sender], place->size) == 0,
	      "place %d: datagram %zu is from somebody else", at, which);
}

static void expect_all(int at)
{
	struct place *place = &places[at];
	char byte;

	for (size_t which = 0; which < EACH; which++)
		for (int i = 0; i < SENDERS; i++)
			expect(at, i, which);
	check(recv(place->socket, &byte, 1, MSG_DONTWAIT) < 0, "place %d: there is more", at);
	must(sendto(place->senders[1], "x", 1, 0, (struct sockaddr *)&place->name, place->size));
	check(recv(place->socket, &byte, 1, 0) == 1 && byte == 'x', "place %d: it receives no more", at);
}

int main(int argc, char **argv)
{
	test_init(argc, argv);
	for (int i = 0; i < FAMILIES; i++)
		set_up(i);
	test_ready();
	test_wait();
	for (int i = 0; i < FAMILIES; i++)
		expect_all(i);
	pass();
}
