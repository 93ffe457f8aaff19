// SPDX-License-Identifier: GPL-2.0-only
/* Urgent data that nobody has read: before, at and behind the mark, apart from the others or in line with them, and when the
 * byte itself was read already. Of IPv4, IPv6, and IPv4 in IPv6.
 *
 * options: --tcp-established
 */
#include "test.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LONG 30000

enum how { APART, IN_LINE, BYTE_READ };

static const struct kind {
	enum how how;
	int before, behind; /* bytes */
} kinds[] = {
	{ APART, 3, 5 },	 { IN_LINE, 3, 5 }, { BYTE_READ, 3, 5 }, { APART, 0, 4 },
	{ IN_LINE, 0, 4 },	 { APART, 7, 0 },   { BYTE_READ, 7, 0 }, { APART, LONG, LONG },
	{ IN_LINE, LONG, LONG }, { APART, 0, 0 },   { IN_LINE, 0, 0 },	 { BYTE_READ, 0, 3 },
};

static const struct {
	int family;
	bool mapped;
} families[] = { { AF_INET, false }, { AF_INET6, false }, { AF_INET6, true } };

static int ends[ARRAY_SIZE(families)][ARRAY_SIZE(kinds)][2];

static socklen_t loopback(int family, bool mapped, struct sockaddr_in6 *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->sin6_family = family;
	if (family == AF_INET) {
		((struct sockaddr_in *)ret)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(struct sockaddr_in);
	}
	ret->sin6_addr = in6addr_loopback;
	if (mapped)
		memcpy(&ret->sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
	return sizeof(*ret);
}

static void connect_ends(int family, bool mapped, int pair[2])
{
	struct sockaddr_in6 address;
	socklen_t size = loopback(family, mapped, &address);
	int listener = must(socket(family, SOCK_STREAM, 0));

	must(bind(listener, (struct sockaddr *)&address, size));
	must(getsockname(listener, (struct sockaddr *)&address, &size));
	must(listen(listener, 1));
	pair[0] = must(socket(family, SOCK_STREAM, 0));
	must(connect(pair[0], (struct sockaddr *)&address, size));
	pair[1] = must(accept(listener, NULL, NULL));
	close(listener);
}

static void put(int fd, int size, uint32_t seed)
{
	static char data[LONG];

	test_fill(data, LONG, seed);
	if (size)
		check(must(send(fd, data, size, 0)) == size, "short write");
}

static void send_all(const struct kind *kind, const int pair[2])
{
	int on = kind->how == IN_LINE, waiting = 0;
	struct pollfd poller = { .fd = pair[1], .events = POLLPRI };
	char byte;

	must(setsockopt(pair[1], SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)));
	put(pair[0], kind->before, 1);
	must(send(pair[0], "u", 1, MSG_OOB));
	must(poll(&poller, 1, -1));
	put(pair[0], kind->behind, 2);
	/* Without the option the kernel counts up to the mark only. */
	on = 1;
	must(setsockopt(pair[1], SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)));
	while (waiting < kind->before + 1 + kind->behind)
		must(ioctl(pair[1], FIONREAD, &waiting));
	on = kind->how == IN_LINE;
	must(setsockopt(pair[1], SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)));
	if (kind->how == BYTE_READ)
		check(must(recv(pair[1], &byte, 1, MSG_OOB)) == 1 && byte == 'u', "the urgent byte is another one");
}

static void expect(int fd, int size, uint32_t seed, const char *where)
{
	static char data[LONG + 1];
	int got = 0;

	while (got < size)
		got += must(recv(fd, data + got, size - got, 0));
	check(test_differs(data, size & ~3, seed) == -1, "%s the mark: byte %zd differs", where,
	      test_differs(data, size & ~3, seed));
}

static bool at_mark(int fd)
{
	int at = 0;

	must(ioctl(fd, SIOCATMARK, &at));
	return at;
}

static void receive_all(const struct kind *kind, const int pair[2])
{
	struct pollfd poller = { .fd = pair[1], .events = POLLPRI };
	char byte = 0;

	check(at_mark(pair[1]) == !kind->before, "the mark is elsewhere");
	check(poll(&poller, 1, 0) == (kind->how != BYTE_READ), "poll tells of urgent data: %d", poller.revents);
	expect(pair[1], kind->before, 1, "before");
	check(at_mark(pair[1]), "reading does not stop at the mark");
	if (kind->how == APART)
		check(must(recv(pair[1], &byte, 1, MSG_OOB)) == 1 && byte == 'u', "the urgent byte is %d", byte);
	if (kind->how == IN_LINE)
		check(must(recv(pair[1], &byte, 1, 0)) == 1 && byte == 'u', "the byte in line is %d", byte);
	check(recv(pair[1], &byte, 1, MSG_OOB) < 0 && errno == EINVAL, "one more urgent byte");
	expect(pair[1], kind->behind, 2, "behind");
	check(recv(pair[1], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN, "one more byte");
	put(pair[0], 5, 3);
	expect(pair[1], 5, 3, "later, behind");
	must(send(pair[0], "v", 1, MSG_OOB));
	must(poll(&poller, 1, -1));
	check(must(recv(pair[1], &byte, 1, kind->how == IN_LINE ? 0 : MSG_OOB)) == 1 && byte == 'v', "later");
}

int main(int argc, char **argv)
{
	int offset;
	socklen_t size = sizeof(offset);

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (size_t j = 0; j < ARRAY_SIZE(kinds); j++) {
			connect_ends(families[i].family, families[i].mapped, ends[i][j]);
			send_all(&kinds[j], ends[i][j]);
		}
	if (getsockopt(ends[0][0][0], SOL_SOCKET, SO_PEEK_OFF, &offset, &size) < 0)
		skip("this kernel cannot show what is behind the mark");
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (size_t j = 0; j < ARRAY_SIZE(kinds); j++)
			receive_all(&kinds[j], ends[i][j]);
	pass();
}
