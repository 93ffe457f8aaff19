// SPDX-License-Identifier: GPL-2.0-only
/* A program that holds one of each kind of descriptor which cannot be kept yet: the dump names all of them in one run,
 * and nothing has happened to the program.
 *
 * refuses: AF_XDP (44), type 3; userfaultfd; F_SETOWN
 * kinds: unsupported
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int sockets[2], event, poll;
	struct epoll_event wanted = { .events = EPOLLIN };
	int signalling[2];
	uint64_t count;
	char byte;

	test_init(argc, argv);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	must(socket(AF_INET, SOCK_STREAM, 0));
	if (socket(44 /* AF_XDP */, SOCK_RAW, 0) < 0)
		skip("this kernel has no AF_XDP");
	event = must(eventfd(7, 0));
	poll = must(epoll_create1(0));
	must(epoll_ctl(poll, EPOLL_CTL_ADD, event, &wanted));
	must(syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY));
	must(pipe(signalling));
	must(fcntl(signalling[0], F_SETOWN, 1));
	test_ready();
	test_wait();
	check(epoll_wait(poll, &wanted, 1, 0) == 1, "epoll does not see its event");
	check(read(event, &count, 8) == 8 && count == 7, "the eventfd has changed");
	must(write(sockets[0], "x", 1));
	check(read(sockets[1], &byte, 1) == 1, "the sockets have lost each other");
	pass();
}
