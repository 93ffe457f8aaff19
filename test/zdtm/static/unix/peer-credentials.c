// SPDX-License-Identifier: GPL-2.0-only
/* Who made a connection: SO_PEERCRED and SO_PEERGROUPS tell the same as before, also of a process that has ended. */
#include "test.h"

#include <grp.h>
#include <string.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct ucred cred_of(int fd)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	must(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size));
	return cred;
}

static void expect(int fd, const char *what, pid_t pid, uid_t uid, gid_t gid)
{
	struct ucred cred = cred_of(fd);

	check(cred.pid == pid && cred.uid == uid && cred.gid == gid, "%s: pid %d, user %d, group %d", what,
	      cred.pid, cred.uid, cred.gid);
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "listener" };
	gid_t groups[100], got[200];
	int listener, client, server, pair[2];
	socklen_t size = sizeof(got);
	pid_t child;

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		groups[i] = 70 + 10 * i;
	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	listener = must(socket(AF_UNIX, SOCK_STREAM, 0));
	client = must(socket(AF_UNIX, SOCK_STREAM, 0));
	must(bind(listener, (struct sockaddr *)&address, sizeof(address)));
	must(chmod("listener", 0666));
	must(listen(listener, 3));
	child = must(fork());
	if (!child) {
		must(setgroups(ARRAY_SIZE(groups), groups));
		must(setresgid(40, 40, 40));
		must(setresuid(50, 50, 50));
		must(connect(client, (struct sockaddr *)&address, sizeof(address)));
		_exit(0);
	}
	must(waitpid(child, NULL, 0));
	server = must(accept(listener, NULL, NULL));

	test_ready();
	test_wait();

	expect(pair[0], "pair", getpid(), 0, 0);
	expect(pair[1], "pair", getpid(), 0, 0);
	expect(listener, "listener", getpid(), 0, 0);
	expect(client, "client", getpid(), 0, 0);
	expect(server, "server", child, 50, 40);
	must(getsockopt(server, SOL_SOCKET, SO_PEERGROUPS, got, &size));
	check(size == sizeof(groups) && !memcmp(got, groups, size), "the groups differ");
	pass();
}
