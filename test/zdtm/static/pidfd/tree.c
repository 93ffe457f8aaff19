// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of processes of the tree: of a child, of the program itself, of the parent, of a zombie. They name the same
 * processes after the restore, send signals to them, wait for them, and are shared among tasks.
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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static int self, zombie;
static volatile sig_atomic_t got;

static void count(int number)
{
	got++;
}

static int open_process(pid_t pid, int flags)
{
	return must(syscall(SYS_pidfd_open, pid, flags));
}

static int send_signal(int fd, int number)
{
	return (int)syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
}

static long pid_of(int fd)
{
	char file[32], value[32];

	snprintf(file, sizeof(file), "fdinfo/%d", fd);
	test_proc_line(getpid(), file, "Pid", value, sizeof(value));
	return atol(value);
}

/* Has the parent by an inherited descriptor, and the zombie, whom it cannot wait for. */
static void child_body(void *arg)
{
	int own = open_process(getpid(), 0);

	signal(SIGUSR1, count);
	test_ready();
	test_wait();
	check(got == 1, "%d signals came by descriptor", got);
	check(pid_of(own) == getpid(), "the child's own is of %ld", pid_of(own));
	check(pid_of(self) == getppid(), "the parent's is of %ld", pid_of(self));
	must(send_signal(self, SIGUSR2));
	check(poll(&(struct pollfd){ .fd = zombie, .events = POLLIN }, 1, 0) == 1,
	      "the zombie is not dead for the child");
}

static bool is_same(int a, int b)
{
	struct stat left, right;

	must(fstat(a, &left));
	must(fstat(b, &right));
	return left.st_ino == right.st_ino && left.st_dev == right.st_dev;
}

static void check_zombie(int again, pid_t pid)
{
	siginfo_t info = { 0 };

	check(pid_of(zombie) == pid, "the zombie's is of %ld", pid_of(zombie));
	check(is_same(zombie, again), "the zombie has become two");
	must(waitid(P_PIDFD, (id_t)zombie, &info, WEXITED));
	check(info.si_pid == pid && info.si_status == 5, "waited for %d, which exited with %d", info.si_pid,
	      info.si_status);
	check(send_signal(again, 0) < 0 && errno == ESRCH, "the zombie is still there");
}

int main(int argc, char **argv)
{
	int child_fd, again, blocking;
	pid_t child, dead;
	siginfo_t info;

	test_init(argc, argv);
	signal(SIGUSR2, count);
	self = open_process(getpid(), 0);
	dead = must(fork());
	if (!dead)
		_exit(5);
	must(waitid(P_PID, (id_t)dead, &info, WEXITED | WNOWAIT));
	zombie = open_process(dead, O_NONBLOCK);
	again = open_process(dead, 0);
	child = test_child(child_body, NULL);
	child_fd = open_process(child, O_NONBLOCK);
	blocking = must(dup(child_fd));
	test_ready();
	test_wait();
	check(pid_of(child_fd) == child && pid_of(self) == getpid(), "descriptors are of %ld and %ld",
	      pid_of(child_fd), pid_of(self));
	check(waitid(P_PIDFD, (id_t)blocking, &info, WEXITED) < 0 && errno == EAGAIN,
	      "it blocks, or the child is dead");
	must(send_signal(child_fd, SIGUSR1));
	must(send_signal(child_fd, SIGTERM));
	while (poll(&(struct pollfd){ .fd = child_fd, .events = POLLIN }, 1, -1) < 0)
		check(errno == EINTR, "no end to be seen: %m"); /* by the signal of the child */
	must(waitid(P_PIDFD, (id_t)child_fd, &info, WEXITED));
	check(info.si_code == CLD_EXITED && info.si_status == 0, "the child ended with %d", info.si_status);
	check(got == 1, "the child sent %d signals", got);
	check_zombie(again, dead);
	pass();
}
