// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of processes that are gone: two of one, one of another. They stay dead, which are of one process stays to
 * be told (where the kernel tells it), and so does how it ended.
 *
 * kinds: pidfd
 * iterations: 2
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct info {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_code;
};
#define GET_INFO _IOWR(0xFF, 11, struct info)
#define INFO_EXIT (1ULL << 3)

struct gone {
	int fd, twin;
	int status; /* -1: the kernel does not tell */
};

static int status_of(int fd)
{
	struct info info = { .mask = INFO_EXIT };

	return ioctl(fd, GET_INFO, &info) == 0 && info.mask & INFO_EXIT ? info.exit_code : -1;
}

static struct gone make(int number)
{
	struct gone gone = { 0 };
	pid_t pid = must(fork());

	if (!pid) {
		if (number == SIGKILL)
			kill(getpid(), number);
		_exit(number);
	}
	gone.fd = must(syscall(SYS_pidfd_open, pid, O_NONBLOCK));
	gone.twin = must(syscall(SYS_pidfd_open, pid, 0));
	must(waitpid(pid, NULL, 0));
	gone.status = status_of(gone.fd);
	return gone;
}

static ino_t inode_of(int fd)
{
	struct stat stat;

	must(fstat(fd, &stat));
	return stat.st_ino;
}

static void check_gone(int fd, int status)
{
	char file[32], value[32];

	snprintf(file, sizeof(file), "fdinfo/%d", fd);
	test_proc_line(getpid(), file, "Pid", value, sizeof(value));
	check(atoi(value) == -1, "descriptor %d is of process %s", fd, value);
	check(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) < 0 && errno == ESRCH, "descriptor %d lives", fd);
	check(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0) == 1, "descriptor %d has no end", fd);
	check(status_of(fd) == status, "descriptor %d: the end is %d instead of %d", fd, status_of(fd), status);
}

int main(int argc, char **argv)
{
	struct gone first, second;
	bool distinct;

	test_init(argc, argv);
	first = make(3);
	second = make(SIGKILL);
	distinct = inode_of(first.fd) != inode_of(second.fd);
	test_ready();
	test_wait();
	check_gone(first.fd, first.status);
	check_gone(first.twin, first.status);
	check_gone(second.fd, second.status);
	check_gone(second.twin, second.status);
	check(inode_of(first.fd) == inode_of(first.twin), "the first has become two");
	check(inode_of(second.fd) == inode_of(second.twin), "the second has become two");
	check((inode_of(first.fd) != inode_of(second.fd)) == distinct, "two have become one");
	check(fcntl(first.fd, F_GETFL) & O_NONBLOCK, "it blocks");
	check(!(fcntl(first.twin, F_GETFL) & O_NONBLOCK), "it does not block");
	check(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "there is a child");
	pass();
}
