// SPDX-License-Identifier: GPL-2.0-only
/* Connections that wait to be accepted come in their order with all that was sent to them: of clients that go on, that have
 * shut their half, that were closed; pieces of any length; boundaries of packets; who connected and who sent. Nothing is
 * taken from them by a dump that lets the tree go on.
 *
 * kinds: unix accept_queues
 * skip-if: no-kernel-types
 */
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define LARGE 150000
#define NR 6

enum { SMALL, PIECES, SHUT, CLOSED, SILENT, OF_CHILD };

static char pattern[LARGE], seen[LARGE];
static int clients[NR], child_pid;

static int start(const char *name, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = must(socket(AF_UNIX, type | SOCK_NONBLOCK, 0));

	strcpy(address.sun_path, name);
	must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	must(listen(fd, 2 * NR));
	return fd;
}

static int call(const char *name, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = must(socket(AF_UNIX, type, 0));

	strcpy(address.sun_path, name);
	must(connect(fd, (struct sockaddr *)&address, sizeof(address)));
	return fd;
}

/* A process that ends at once: it has connected, and one of its messages is there. */
static int call_by_child(const char *name)
{
	int pair[2], fd = must(socket(AF_UNIX, SOCK_STREAM, 0));
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	must(pipe(pair));
	child_pid = must(fork());
	strcpy(address.sun_path, name);
	if (child_pid == 0) {
		must(connect(fd, (struct sockaddr *)&address, sizeof(address)));
		must(write(fd, "child", 5));
		_exit(0);
	}
	must(waitpid(child_pid, NULL, 0));
	must(close(pair[0]));
	must(close(pair[1]));
	must(write(fd, "parent", 6));
	return fd;
}

static void connect_all(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "\0zdtm-waiting-client" };

	for (int i = 0; i < OF_CHILD; i++) {
		if (i != CLOSED) {
			clients[i] = call("stream", SOCK_STREAM);
			continue;
		}
		clients[i] = must(socket(AF_UNIX, SOCK_STREAM, 0));
		must(bind(clients[i], (struct sockaddr *)&address, sizeof(sa_family_t) + 20));
		strcpy(address.sun_path, "stream");
		must(connect(clients[i], (struct sockaddr *)&address, sizeof(address)));
	}
	clients[OF_CHILD] = call_by_child("stream");
	must(write(clients[SMALL], "early", 5));
	for (int done = 0; done < LARGE; done += 30000)
		check(must(write(clients[PIECES], pattern + done, 30000)) == 30000, "short write");
	must(write(clients[SHUT], "the end", 7));
	must(shutdown(clients[SHUT], SHUT_WR));
	must(write(clients[CLOSED], "I am gone", 9));
	must(close(clients[CLOSED]));
}

static void check_read(int fd, const char *expected, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = must(read(fd, seen + done, size - done));

		check(got > 0, "the stream ends after %zu of %zu bytes", done, size);
		done += (size_t)got;
	}
	check(memcmp(seen, expected, size) == 0, "other bytes");
}

static void check_no_more(int fd, bool ended)
{
	ssize_t got = recv(fd, seen, 1, MSG_DONTWAIT);

	check(ended ? got == 0 : got < 0 && errno == EAGAIN, "behind that comes %zd (%m)", got);
}

static void check_connected_by(int fd, pid_t pid)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	must(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size));
	check(cred.pid == pid, "connected by %d", cred.pid);
}

static void check_sent_by(int fd, pid_t pid, const char *text)
{
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec part = { seen, sizeof(seen) };
	struct msghdr head = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	ssize_t got = must(recvmsg(fd, &head, 0));
	struct cmsghdr *found = CMSG_FIRSTHDR(&head);

	check(got == (ssize_t)strlen(text) && memcmp(seen, text, (size_t)got) == 0, "not '%s', %zd bytes",
	      text, got);
	check(found && found->cmsg_type == SCM_CREDENTIALS, "no credentials");
	check(((struct ucred *)CMSG_DATA(found))->pid == pid, "sent by %d",
	      ((struct ucred *)CMSG_DATA(found))->pid);
}

static void check_streams(int listener)
{
	static const char *const texts[] = { "early", NULL, "the end", "I am gone", "" };
	struct sockaddr_un address;
	int on = 1, fd;

	for (int i = 0; i < OF_CHILD; i++) {
		socklen_t size = sizeof(address);

		fd = must(accept(listener, (struct sockaddr *)&address, &size));
		check((size > sizeof(sa_family_t)) == (i == CLOSED), "name of %u bytes", size);
		check_read(fd, texts[i] ? texts[i] : pattern, texts[i] ? strlen(texts[i]) : LARGE);
		check_no_more(fd, i == SHUT || i == CLOSED);
		check_connected_by(fd, getpid());
		if (i != CLOSED) {
			check(must(write(fd, "back", 4)) == 4, "short write");
			check(must(read(clients[i], seen, 10)) == 4, "the answer is lost");
		}
		must(close(fd));
	}
	fd = must(accept(listener, NULL, NULL));
	check_connected_by(fd, child_pid);
	must(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	check_sent_by(fd, child_pid, "child");
	check_sent_by(fd, getpid(), "parent");
	check(accept(listener, NULL, NULL) < 0 && errno == EAGAIN, "there is one more");
}

static void check_packets(int listener)
{
	int fd = must(accept(listener, NULL, NULL));

	check(must(recv(fd, seen, sizeof(seen), 0)) == 3, "first packet");
	check(must(recv(fd, seen, sizeof(seen), 0)) == 40000 && memcmp(seen, pattern, 40000) == 0, "second packet");
	check(must(recv(fd, seen, sizeof(seen), 0)) == 4 && memcmp(seen, "last", 4) == 0, "third packet");
	check_no_more(fd, false);
}

int main(int argc, char **argv)
{
	int streams, packets, client;

	test_init(argc, argv);
	for (int i = 0; i < LARGE; i++)
		pattern[i] = (char)(i * 7 + i / 251);
	streams = start("stream", SOCK_STREAM);
	packets = start("packets", SOCK_SEQPACKET);
	connect_all();
	client = call("packets", SOCK_SEQPACKET);
	must(send(client, "one", 3, 0));
	must(send(client, pattern, 40000, 0));
	must(send(client, "last", 4, 0));
	test_ready();
	test_wait();
	check_streams(streams);
	check_packets(packets);
	pass();
}
