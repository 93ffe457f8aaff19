// SPDX-License-Identifier: GPL-2.0-only
/* Messages of no length: first, in the middle, several in a row, last, behind an end of file, with credentials, with a
 * descriptor; in pairs of datagram sockets and of sequences of packets, and from several senders.
 *
 * left-running: no
 * iterations: 3
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A digit: so many bytes; '+': of none, with a descriptor */
static const char *const stories[] = { "0",    "00", "030", "300", "3003", "0300200",
				       "3+0+", "+",  "+3",  "33",  "3",	   "" };
#define NR (sizeof(stories) / sizeof(*stories))

static void send_fd(int to)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct msghdr head = { .msg_control = &control, .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.head), &to, sizeof(to));
	must(sendmsg(to, &head, 0));
}

static void tell(int to, const char *story)
{
	for (; *story; story++) {
		if (*story == '+')
			send_fd(to);
		else
			must(send(to, "abcdef", (size_t)(*story - '0'), 0));
	}
}

static void hear(int from, const char *story, int type, int end)
{
	const char *at;
	char got[10], control[100] __attribute__((aligned(8)));

	for (at = story; *at; at++) {
		struct iovec part = { got, sizeof(got) };
		struct msghdr head = { .msg_iov = &part,
				       .msg_iovlen = 1,
				       .msg_control = control,
				       .msg_controllen = sizeof(control) };
		int wanted = *at == '+' ? 0 : *at - '0', ret = (int)recvmsg(from, &head, MSG_DONTWAIT), fds = 0;

		for (struct cmsghdr *one = CMSG_FIRSTHDR(&head); ret >= 0 && one; one = CMSG_NXTHDR(&head, one))
			fds += one->cmsg_type == SCM_RIGHTS;
		check(ret == wanted && fds == (*at == '+'),
		      "type %d, '%s': message %d is of %d bytes (%d descriptors): %m", type, story,
		      (int)(at - story), ret, fds);
	}
	check(recv(from, got, sizeof(got), MSG_DONTWAIT) == (end ? 0 : -1), "type %d, '%s': one too many",
	      type, story);
}

int main(int argc, char **argv)
{
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET };
	static int pairs[2][2][NR][2];
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "many" };
	int senders[4], many, on = 1;
	char got[10];

	test_init(argc, argv);
	for (int type = 0; type < 2; type++)
		for (int end = 0; end < 2; end++)
			for (size_t i = 0; i < NR; i++) {
				int *pair = pairs[type][end][i];

				must(socketpair(AF_UNIX, types[type], 0, pair));
				if (i % 2)
					must(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
				tell(pair[0], stories[i]);
				if (end)
					must(shutdown(pair[0], SHUT_RDWR));
			}
	many = must(socket(AF_UNIX, SOCK_DGRAM, 0));
	must(bind(many, (struct sockaddr *)&address, sizeof(address)));
	for (int i = 0; i < 4; i++) {
		senders[i] = must(socket(AF_UNIX, SOCK_DGRAM, 0));
		must(connect(senders[i], (struct sockaddr *)&address, sizeof(address)));
	}
	for (int i = 0; i < 8; i++)
		must(send(senders[i % 4], "12345678", i % 3 ? 0 : (size_t)i, 0));

	test_ready();
	test_wait();

	for (int type = 0; type < 2; type++)
		for (int end = 0; end < 2; end++)
			for (size_t i = 0; i < NR; i++)
				hear(pairs[type][end][i][1], stories[i], types[type], end && type);
	for (int i = 0; i < 8; i++) {
		ssize_t wanted = i % 3 ? 0 : i, ret = recv(many, got, sizeof(got), MSG_DONTWAIT);

		check(ret == wanted, "message %d from many is of %zd bytes", i, ret);
	}
	check(recv(many, got, sizeof(got), MSG_DONTWAIT) < 0, "there is one more");
	pass();
}
