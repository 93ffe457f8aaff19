// SPDX-License-Identifier: GPL-2.0-only
/* Datagram sockets that have turned to another peer, which has ended since, while somebody is still connected to them: what
 * that one had sent is there, it can send no more, and they themselves send to nobody. Messages of senders with a name, and
 * of those who have ended, say whose they are.
 */
#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct sockaddr_un first = { AF_UNIX, "\0zdtm-peer-gone-1" },
				gone = { AF_UNIX, "\0zdtm-peer-gone-2" },
				third = { AF_UNIX, "\0zdtm-peer-gone-3" },
				fourth = { AF_UNIX, "\0zdtm-peer-gone-4" };
#define NAME_SIZE (sizeof(sa_family_t) + 18)

static void turn_to(int fd, const struct sockaddr_un *name)
{
	must(connect(fd, (const struct sockaddr *)name, NAME_SIZE));
}

static int new_socket(const struct sockaddr_un *name)
{
	int fd = must(socket(AF_UNIX, SOCK_DGRAM, 0));

	must(bind(fd, (const struct sockaddr *)name, NAME_SIZE));
	return fd;
}

/* The first that is refused makes an end of it. */
static void check_socket(int fd, int other, const char *what)
{
	int error = 0;
	socklen_t size = sizeof(error);
	char got;

	check(send(other, "x", 1, MSG_DONTWAIT) < 0 && errno == EPERM, "%s: who is connected to it: %s", what,
	      strerror(errno));
	check(send(fd, "x", 1, MSG_DONTWAIT) < 0 && errno == ECONNREFUSED, "%s: it sends to somebody: %s",
	      what, strerror(errno));
	must(getsockopt(other, SOL_SOCKET, SO_ERROR, &error, &size));
	check(!error, "%s: who is connected to it has error %d", what, error);
	must(send(other, "y", 1, MSG_DONTWAIT));
	check(recv(fd, &got, 1, MSG_DONTWAIT) == 1 && got == 'y', "%s: nothing comes", what);
}

static void check_message(int fd, const char *text, const struct sockaddr_un *from)
{
	struct sockaddr_un address = { 0 };
	socklen_t size = sizeof(address);
	char got[10];
	ssize_t length = recvfrom(fd, got, sizeof(got), MSG_DONTWAIT, (struct sockaddr *)&address, &size);

	check(length == (ssize_t)strlen(text) && !memcmp(got, text, strlen(text)), "message '%s' is lost", text);
	check(from ? size == NAME_SIZE && !memcmp(&address, from, size) : size <= sizeof(sa_family_t),
	      "message '%s' has a sender of %u bytes", text, size);
}

int main(int argc, char **argv)
{
	int named, sender, pair[2], half[2], other;
	struct ucred cred;
	socklen_t size = sizeof(cred);

	test_init(argc, argv);
	named = new_socket(&first);
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	sender = must(socket(AF_UNIX, SOCK_DGRAM, 0));
	turn_to(sender, &first);
	must(send(sender, "left", 4, 0));
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, half));
	must(bind(half[0], (const struct sockaddr *)&fourth, NAME_SIZE));
	must(send(half[1], "half", 4, 0));
	must(close(half[1]));
	other = new_socket(&third);
	must(sendto(other, "called", 6, 0, (const struct sockaddr *)&first, NAME_SIZE));
	must(close(other));
	other = must(socket(AF_UNIX, SOCK_DGRAM, 0));
	must(sendto(other, "nameless", 8, 0, (const struct sockaddr *)&first, NAME_SIZE));
	must(close(other));
	other = new_socket(&gone);
	turn_to(named, &gone);
	turn_to(pair[0], &gone);
	must(close(other));
	test_ready();
	test_wait();
	check_message(named, "left", NULL);
	check_message(named, "called", &third);
	check_message(named, "nameless", NULL);
	check_message(half[0], "half", NULL);
	check(send(half[0], "x", 1, MSG_DONTWAIT) < 0 && errno == ECONNREFUSED, "half a pair sends to somebody");
	must(getsockopt(half[0], SOL_SOCKET, SO_PEERCRED, &cred, &size));
	check(cred.pid == getpid(), "half a pair was made by process %d", cred.pid);
	check_socket(named, sender, "with a name");
	check_socket(pair[0], pair[1], "without a name");
	pass();
}
