// SPDX-License-Identifier: GPL-2.0-only
/* In a network namespace of the tree's own, a connection that waits to be accepted, of a process in it that is not of the
 * tree: refused, and that is named.
 *
 * options: --tcp-established
 * refuses: is held by process; (stranger), descriptor; is not of the tree; --external net[
 * kinds: net tcp accept_queues
 * skip-if: no-kernel-types
 */
#include "test.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Its parent ends at once, so it is nobody's child in the tree; it ends with the program. */
static void be_stranger(const int lifeline[2])
{
	char byte;

	test_leave_starter();
	close(lifeline[1]);
	if (fork() != 0)
		_exit(0);
	must(prctl(PR_SET_NAME, "stranger"));
	_exit(read(lifeline[0], &byte, 1) == 0 ? 0 : 1);
}

int main(int argc, char **argv)
{
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK };
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(any);
	int listener, client, lifeline[2], status;
	pid_t pid;

	test_init(argc, argv);
	must(unshare(CLONE_NEWNET));
	listener = must(socket(AF_INET6, SOCK_STREAM, 0));
	must(ioctl(listener, SIOCSIFFLAGS, &up));
	must(bind(listener, (struct sockaddr *)&any, size));
	must(getsockname(listener, (struct sockaddr *)&any, &size));
	must(listen(listener, 1));
	address.sin_port = any.sin6_port;
	client = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(client, (struct sockaddr *)&address, sizeof(address)));
	must(pipe(lifeline));
	pid = must(fork());
	if (!pid)
		be_stranger(lifeline);
	must(waitpid(pid, &status, 0));
	close(client);
	test_ready();
	test_wait();
	must(accept(listener, NULL, NULL));
	pass();
}
