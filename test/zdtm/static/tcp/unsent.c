// SPDX-License-Identifier: GPL-2.0-only
/* What could not be sent, because the other end does not read, still counts as unsent: it goes out as soon as there is room,
 * while what counts as sent would wait for its confirmation first. Nothing of it is lost.
 *
 * options: --tcp-established
 * iterations: 2
 */
#include "test.h"

#include "tcp.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#define TO_SEND 4000000

struct ends {
	int sender, receiver;
	size_t size; /* in the queues */
	int unsent;
};

static int count_unsent(int fd)
{
	int size;

	must(ioctl(fd, SIOCOUTQNSD, &size));
	return size;
}

/* Before Linux 5.12 nothing holds traffic while connections are made. */
static bool counts(void)
{
	struct utsname name;
	int major, minor;

	must(uname(&name));
	check(sscanf(name.release, "%d.%d", &major, &minor) == 2, "release %s", name.release);
	return major > 5 || minor >= 12;
}

static void fill(struct ends *ends, uint32_t seed)
{
	char *data = malloc(TO_SEND);
	ssize_t done;

	test_fill(data, TO_SEND, seed);
	while (ends->size < TO_SEND) {
		done = send(ends->sender, data + ends->size, TO_SEND - ends->size, MSG_DONTWAIT);
		check(done > 0 || errno == EAGAIN, "send");
		if (done < 0)
			break;
		ends->size += (size_t)done;
	}
	free(data);
	ends->unsent = count_unsent(ends->sender);
	check(ends->unsent > 0, "all of %zu bytes are sent", ends->size);
}

static struct ends make_ends(const char *host)
{
	union tcp_address address;
	int small = 50000, listener = tcp_listen(host, 1, &address);
	struct ends ends;

	must(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)));
	ends = (struct ends){ .sender = tcp_call(&address) };
	ends.receiver = must(accept(listener, NULL, NULL));
	close(listener);
	return ends;
}

static void end(const struct ends *ends, uint32_t seed)
{
	char *data = malloc(TO_SEND);
	size_t done = 0;

	check(!counts() || count_unsent(ends->sender) >= ends->unsent / 2, "%d bytes are unsent, not %d",
	      count_unsent(ends->sender), ends->unsent);
	must(close(ends->sender));
	while (done < ends->size) {
		ssize_t got = must(recv(ends->receiver, data + done, TO_SEND - done, 0));

		check(got > 0, "the stream ends after %zu of %zu bytes", done, ends->size);
		done += (size_t)got;
	}
	check(done == ends->size, "%zu bytes come, not %zu", done, ends->size);
	check(test_differs(data, done, seed) == -1, "byte %zd differs", test_differs(data, done, seed));
	check(must(recv(ends->receiver, data, 1, 0)) == 0, "more comes than was sent");
	free(data);
}

int main(int argc, char **argv)
{
	struct ends ends[2];

	test_init(argc, argv);
	ends[0] = make_ends("127.0.0.1");
	ends[1] = make_ends("::1");
	for (uint32_t i = 0; i < 2; i++)
		fill(&ends[i], i);
	test_ready();
	test_wait();
	for (uint32_t i = 0; i < 2; i++)
		end(&ends[i], i);
	pass();
}
