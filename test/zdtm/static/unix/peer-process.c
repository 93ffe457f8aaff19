// SPDX-License-Identifier: GPL-2.0-only
/* Clients that connect later see who listens: process (SO_PEERCRED, and SO_PEERPIDFD where the kernel has it), user and groups
 * of the moment when it began to; also where a child has the listener, which it did not make.
 */
#include "test.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

static int listener_at(const char *name, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = must(socket(AF_UNIX, type, 0));

	strcpy(address.sun_path, name);
	must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	must(chmod(name, 0777));
	return fd;
}

static void check_peer(const char *name, int type, uid_t uid, gid_t gid, int nr_groups)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct ucred cred = { 0 };
	socklen_t size = sizeof(cred);
	int fd = must(socket(AF_UNIX, type, 0)), pidfd = -1;
	gid_t groups[70];

	strcpy(address.sun_path, name);
	must(connect(fd, (struct sockaddr *)&address, sizeof(address)));
	must(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size));
	check(cred.pid == getpid() && cred.uid == uid && cred.gid == gid,
	      "%s: process %d, user %u, group %u listens", name, cred.pid, cred.uid, cred.gid);
	size = sizeof(groups);
	must(getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size));
	check((int)(size / sizeof(*groups)) == nr_groups, "%s: it has %u bytes of groups", name, size);
	size = sizeof(pidfd);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) == 0) {
		struct pollfd ended = { .fd = pidfd, .events = POLLIN };

		check(poll(&ended, 1, 0) == 0, "%s: who listens has ended", name);
		must(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0));
		must(close(pidfd));
	} else {
		check(errno == ENOPROTOOPT, "%s: no descriptor of who listens: %m", name);
	}
	must(close(fd));
}

static void hold(void *arg)
{
	(void)arg;
	test_ready();
	test_wait();
}

int main(int argc, char **argv)
{
	static const gid_t groups[] = { 11, 22, 33 };
	int plain, other, packets;
	pid_t child;

	test_init(argc, argv);
	must(setgroups(0, NULL));
	plain = listener_at("plain", SOCK_STREAM);
	must(listen(plain, 5));
	other = listener_at("other", SOCK_STREAM);
	packets = listener_at("packets", SOCK_SEQPACKET);
	must(setgroups(3, groups));
	must(setresgid(-1, 4321, -1));
	must(setresuid(-1, 1234, -1));
	must(listen(other, 5));
	must(listen(packets, 5));
	must(setresuid(-1, 0, -1));
	must(setresgid(-1, 0, -1));
	must(setgroups(0, NULL));
	child = test_child(hold, NULL);

	test_ready();
	test_wait();

	check_peer("plain", SOCK_STREAM, 0, 0, 0);
	check_peer("other", SOCK_STREAM, 1234, 4321, 3);
	check_peer("packets", SOCK_SEQPACKET, 1234, 4321, 3);
	check(getegid() == 0 && geteuid() == 0 && getgroups(0, NULL) == 0, "the test has other ids");
	test_end_child(child);
	pass();
}
