// SPDX-License-Identifier: GPL-2.0-only
/* Messages of unix sockets with something beside their text. */
#include "messages.h"

#include "test.h"

#include <string.h>

union control {
	char bytes[CMSG_SPACE(sizeof(struct ucred))];
	struct cmsghdr head;
};

static void send_with(int to, const char *text, int type, const void *value, size_t size)
{
	union control control = {
		.head = { .cmsg_len = CMSG_LEN(size), .cmsg_level = SOL_SOCKET, .cmsg_type = type },
	};
	struct iovec part = { (void *)text, strlen(text) };
	struct msghdr head = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(size)
	};

	memcpy(CMSG_DATA(&control.head), value, size);
	must(sendmsg(to, &head, 0));
}

void message_send_fd(int to, const char *text, int fd)
{
	send_with(to, text, SCM_RIGHTS, &fd, sizeof(fd));
}

void message_send_as(int to, const char *text, struct ucred sender)
{
	send_with(to, text, SCM_CREDENTIALS, &sender, sizeof(sender));
}

int message_receive_fd(int from, const char *text)
{
	union control control = { 0 };
	char got[64] = { 0 };
	struct iovec part = { got, sizeof(got) - 1 };
	struct msghdr head = { .msg_iov = &part,
			       .msg_iovlen = 1,
			       .msg_control = &control,
			       .msg_controllen = CMSG_SPACE(sizeof(int)) };
	int fd;

	must(recvmsg(from, &head, MSG_DONTWAIT));
	check(!strcmp(got, text), "'%s' comes instead of '%s'", got, text);
	check(head.msg_controllen && control.head.cmsg_type == SCM_RIGHTS, "'%s' has no descriptor", text);
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}
