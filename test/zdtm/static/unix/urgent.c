// SPDX-License-Identifier: GPL-2.0-only
/* Bytes out of band in streams (MSG_OOB): not read, read, in line, at either end, one after the other, beside descriptors and
 * with one, after the head of the queue was read. Each stream is read like one that is made the same way afterwards.
 *
 * flavours: host uns
 * iterations: 2
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is done with a stream: small letters are sent, large ones out of band; '<' reads one byte, '!' the one out of band;
 * '+' the next byte comes with a descriptor; '=' SO_OOBINLINE; '|' the sender is done; '@' SO_PASSCRED. */
static const char *const stories[] = {
	"abcXdef",  "abcX",	"X",	     "Xabc",	"abcX!def",  "X!abc",	 "X!",
	"abcXdefY", "abXcdYef", "XY",	     "abXY!cd", "abX!cY!de", "=abcXdef", "abX!=cd",
	"abcXd<<",  "abcXd<<<", "abcXd<<<<", "abX!cd<", "abX!cd<<",  "+aXb",	 "a+Xb",
	"+X",	    "a+bXc+d",	"abcXde|",   "abX!cd|", "X|",	     "@abXcd",	 "@+aXbc",
	"a+bXcYd",  "+a+b+Xc",	"aXaaa",     "+aX+aa",	"abXX!c",    "",
};
#define NR (sizeof(stories) / sizeof(*stories))

static void send_byte(int to, char byte, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { &byte, 1 };
	struct msghdr head = { .msg_iov = &part, .msg_iovlen = 1 };

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	if (fd >= 0) {
		head.msg_control = &control;
		head.msg_controllen = sizeof(control);
	}
	must(sendmsg(to, &head, byte < 'a' ? MSG_OOB : 0));
}

static void tell(const char *story, int ends[2])
{
	int on = 1, fd = -1;
	char byte;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	for (; *story; story++) {
		if (*story == '<') {
			must(recv(ends[1], &byte, 1, 0));
		} else if (*story == '!') {
			must(recv(ends[1], &byte, 1, MSG_OOB));
		} else if (*story == '=') {
			must(setsockopt(ends[1], SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)));
		} else if (*story == '@') {
			must(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
		} else if (*story == '|') {
			must(shutdown(ends[0], SHUT_WR));
		} else if (*story == '+') {
			fd = must(open("/dev/null", O_RDWR));
		} else {
			send_byte(ends[0], *story, fd);
			if (fd >= 0)
				must(close(fd));
			fd = -1;
		}
	}
}

/* One read, of descriptors, too. */
static int take(int from, char *got, size_t size, int flags, int *ret_fds)
{
	char control[200] __attribute__((aligned(8)));
	struct iovec part = { got, size };
	struct msghdr head = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	int ret = (int)recvmsg(from, &head, flags | MSG_DONTWAIT);

	*ret_fds = 0;
	for (struct cmsghdr *at = CMSG_FIRSTHDR(&head); ret >= 0 && at; at = CMSG_NXTHDR(&head, at)) {
		int fd;

		if (at->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(&fd, CMSG_DATA(at), sizeof(fd));
		must(close(fd));
		++*ret_fds;
	}
	return ret < 0 ? -errno : ret;
}

/* All that a reader sees who asks for @size bytes at a time, and for the one out of band where @urgent says. */
static void read_all(int from, size_t size, int urgent, char *trace, size_t room)
{
	char *end = trace + room, got[32];

	for (int i = 0; i < 14; i++) {
		int mark = -1, fds, ret;

		ioctl(from, SIOCATMARK, &mark);
		memset(got, 0, sizeof(got));
		ret = take(from, got, 1, MSG_OOB | (i == urgent ? 0 : MSG_PEEK), &fds);
		trace += snprintf(trace, (size_t)(end - trace), "[%d oob %d%s%s]", mark, ret, got, fds ? "+" : "");
		memset(got, 0, sizeof(got));
		ret = take(from, got, size, 0, &fds);
		trace += snprintf(trace, (size_t)(end - trace), "%d%s%s ", ret, got, fds ? "+" : "");
	}
}

/* Older kernels look past the place of one that was read already (peeks in manage_oob() of net/unix/af_unix.c): nobody can
 * see where in the queue it is, and SIOCATMARK does not tell at its head. */
static bool places_show(void)
{
	char got[3];
	int ends[2];
	ssize_t size;

	tell("aX!b", ends);
	size = must(recv(ends[1], got, sizeof(got), MSG_PEEK));
	must(close(ends[0]));
	must(close(ends[1]));
	return size == 1;
}

static bool can_be_kept(const char *story)
{
	return !strchr(story, '!') || places_show();
}

int main(int argc, char **argv)
{
	static int before[NR][6][2];
	char wanted[2000], seen[2000];
	int after[2];

	test_init(argc, argv);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, after));
	if (send(after[0], "X", 1, MSG_OOB) < 0)
		skip("this kernel has no bytes out of band here");
	for (size_t i = 0; i < NR; i++)
		for (int way = 0; way < 6; way++)
			tell(stories[i], before[i][way]);

	test_ready();
	test_wait();

	for (size_t i = 0; i < NR; i++)
		for (int way = 0; way < 6 && can_be_kept(stories[i]); way++) {
			tell(stories[i], after);
			read_all(after[1], way % 2 ? 20 : 1, way / 2, wanted, sizeof(wanted));
			read_all(before[i][way][1], way % 2 ? 20 : 1, way / 2, seen, sizeof(seen));
			check(!strcmp(wanted, seen), "'%s', read in way %d: '%s' instead of '%s'", stories[i],
			      way, seen, wanted);
			must(close(after[0]));
			must(close(after[1]));
		}
	pass();
}
