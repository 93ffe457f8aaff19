// SPDX-License-Identifier: GPL-2.0-only
/* Several descriptors for the memory of one process, side by side, and one of its child at the same addresses, which the
 * parent has as well. Its numbers are shared and of different flags.
 *
 * skip-if: no-userfaultfd
 * kinds: userfaultfd registered_memory
 */
#include "faults.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define PAGES 8

static void send_fd(int sk, int fd)
{
	char room[CMSG_SPACE(sizeof(fd))] = { 0 }, byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	must(sendmsg(sk, &message, 0));
}

static int receive_fd(int sk)
{
	char room[CMSG_SPACE(sizeof(int))] = { 0 }, byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)
	};
	int fd;

	must(recvmsg(sk, &message, 0));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* Registers more than its parent, so that they are not alike, and reads what it is told to. */
static void child(int sk, uint8_t *memory)
{
	int fd, number;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	test_leave_starter();
	fd = faults_open(0);
	faults_register(fd, memory, 2 * PAGES + 2, UFFDIO_REGISTER_MODE_MISSING);
	send_fd(sk, fd);
	close(fd);
	while (read(sk, &number, sizeof(number)) == sizeof(number)) {
		number = PAGE(memory, number)[3];
		must(write(sk, &number, sizeof(number)));
	}
	_exit(0);
}

static int ask_child(int sk, int page)
{
	must(write(sk, &page, sizeof(page)));
	must(read(sk, &page, sizeof(page)));
	return page;
}

int main(int argc, char **argv)
{
	struct faults_server left = { 0 }, right = { 0 }, below = { 0 };
	uint8_t *memory;
	int sks[2], copy;
	pid_t pid;

	test_init(argc, argv);
	memory = faults_map(2 * PAGES + 4);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sks));
	pid = (pid_t)must(fork());
	if (pid == 0)
		child(sks[1], memory);
	close(sks[1]);
	below.fd = receive_fd(sks[0]);
	left.fd = faults_open(0);
	right.fd = faults_open(UFFD_FEATURE_THREAD_ID);
	copy = must(dup(right.fd));
	faults_register(left.fd, memory, PAGES, UFFDIO_REGISTER_MODE_MISSING);
	faults_register(right.fd, PAGE(memory, PAGES), PAGES, UFFDIO_REGISTER_MODE_MISSING);
	right.served = 100;
	below.served = 200;
	faults_start(&left);
	faults_start(&right);
	faults_start(&below);
	check(PAGE(memory, 1)[0] == 1 && PAGE(memory, PAGES + 1)[0] == 101, "nobody serves");
	check(ask_child(sks[0], 1) == 201, "nobody serves the child");

	test_ready();
	test_wait();

	check(PAGE(memory, 1)[0] == 1 && PAGE(memory, PAGES + 1)[0] == 101, "memory has changed");
	check(ask_child(sks[0], 1) == 201, "memory of the child has changed");
	check(PAGE(memory, 2)[0] == 2, "the left one does not serve");
	check(PAGE(memory, PAGES + 2)[0] == 102, "the right one does not serve");
	check(ask_child(sks[0], 2) == 202 && ask_child(sks[0], 2 * PAGES + 1) == 203, "the child is not served");
	check(PAGE(memory, 2 * PAGES + 1)[0] == 0, "memory that is not registered has changed");
	must(fcntl(copy, F_SETFL, 0));
	check(!(must(fcntl(right.fd, F_GETFL)) & O_NONBLOCK), "the copy is another file");
	kill(pid, SIGKILL);
	must(waitpid(pid, NULL, 0));
	pass();
}
