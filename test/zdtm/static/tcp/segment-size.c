// SPDX-License-Identifier: GPL-2.0-only
/* Segments are as large as they were: as agreed upon, not as small as every network must take them.
 *
 * options: --tcp-established
 * iterations: 2
 */
#include "test.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define NR 3

struct ends {
	int a, b, segment;
};

static int segment_of(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size));
	return (int)info.tcpi_snd_mss;
}

static void limit(int fd, int segment)
{
	if (segment)
		must(setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment)));
}

static struct ends make_ends(int family, int segment)
{
	struct sockaddr_in6 address = { .sin6_family = (sa_family_t)family };
	socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(address);
	int listener = must(socket(family, SOCK_STREAM, 0));
	struct ends ends = { .a = must(socket(family, SOCK_STREAM, 0)) };

	if (family == AF_INET)
		((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		address.sin6_addr = in6addr_loopback;
	limit(ends.a, segment);
	limit(listener, segment);
	must(bind(listener, (struct sockaddr *)&address, size));
	must(getsockname(listener, (struct sockaddr *)&address, &size));
	must(listen(listener, 1));
	must(connect(ends.a, (struct sockaddr *)&address, size));
	ends.b = must(accept(listener, NULL, NULL));
	close(listener);
	ends.segment = segment_of(ends.a);
	check(!segment || segment_of(ends.b) == ends.segment, "%d and %d", ends.segment, segment_of(ends.b));
	return ends;
}

static void send_byte(int from, int to)
{
	char byte = 'x';

	must(write(from, &byte, 1));
	check(must(read(to, &byte, 1)) == 1, "the stream ends");
}

int main(int argc, char **argv)
{
	struct ends ends[NR];

	test_init(argc, argv);
	ends[0] = make_ends(AF_INET, 1400);
	ends[1] = make_ends(AF_INET6, 2000);
	/* Half of the window; by no option are they larger than 32767. */
	ends[2] = make_ends(AF_INET, 0);
	ends[2].segment /= 2;
	test_ready();
	test_wait();
	for (int i = 0; i < NR; i++) {
		send_byte(ends[i].a, ends[i].b);
		send_byte(ends[i].b, ends[i].a);
		check(segment_of(ends[i].a) >= ends[i].segment && segment_of(ends[i].b) >= ends[i].segment,
		      "segments of %d and %d bytes instead of %d", segment_of(ends[i].a),
		      segment_of(ends[i].b), ends[i].segment);
		check(i == 2 || segment_of(ends[i].a) == ends[i].segment,
		      "segments of %d bytes instead of %d", segment_of(ends[i].a), ends[i].segment);
	}
	pass();
}
