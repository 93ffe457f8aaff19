/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection within a network namespace of the program's own, and a process there that is not of its tree. */
#ifndef ZDTM_NET_NAMESPACE_STRANGER_H
#define ZDTM_NET_NAMESPACE_STRANGER_H

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

/* Makes the namespace, a listener of IPv6 in it, and a client of IPv4 that nobody has accepted. The listener. */
static inline int listen_for_client(int *ret_client)
{
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK };
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(any);
	int listener;

	must(unshare(CLONE_NEWNET));
	listener = must(socket(AF_INET6, SOCK_STREAM, 0));
	must(ioctl(listener, SIOCSIFFLAGS, &up));
	must(bind(listener, (struct sockaddr *)&any, size));
	must(getsockname(listener, (struct sockaddr *)&any, &size));
	must(listen(listener, 1));
	address.sin_port = any.sin6_port;
	*ret_client = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(*ret_client, (struct sockaddr *)&address, sizeof(address)));
	return listener;
}

/* It has all that is open. Its parent ends at once, so it is nobody's child in the tree; it ends with the program. */
static inline void start_stranger(void)
{
	int lifeline[2], status;
	pid_t pid;
	char byte;

	must(pipe(lifeline));
	pid = must(fork());
	if (pid) {
		must(waitpid(pid, &status, 0));
		return;
	}
	test_leave_starter();
	close(lifeline[1]);
	if (fork() != 0)
		_exit(0);
	must(prctl(PR_SET_NAME, "stranger"));
	_exit(read(lifeline[0], &byte, 1) == 0 ? 0 : 1);
}

#endif
