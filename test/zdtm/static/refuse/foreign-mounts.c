// SPDX-License-Identifier: GPL-2.0-only
/* What was opened in another mount namespace and is not the same in that of the task: a directory, which leads to all
 * that is mounted there, and a file on a mount that is without programs here.
 *
 * refuses: ('/dev'): it was opened on a mount that does not show it; ('/proc/version'): it was opened on a mount that does not show it
 * kinds: regular
 */
#include "test.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

/* Its parent ends at once, so it is nobody's child in the tree; it ends with the program. */
static void be_stranger(const int lifeline[2], int out)
{
	pid_t pid;
	char byte;

	test_leave_starter();
	close(lifeline[1]);
	if (fork() != 0)
		_exit(0);
	must(unshare(CLONE_NEWNS));
	must(mount("none", "/proc", NULL, MS_BIND | MS_REMOUNT, NULL));
	pid = getpid();
	must(write(out, &pid, sizeof(pid)));
	_exit(read(lifeline[0], &byte, 1) == 0 ? 0 : 1);
}

static pid_t start_stranger(void)
{
	int lifeline[2], in[2], status;
	pid_t pid, stranger;

	must(pipe(lifeline));
	must(pipe(in));
	pid = must(fork());
	if (!pid)
		be_stranger(lifeline, in[1]);
	must(waitpid(pid, &status, 0));
	check(must(read(in[0], &stranger, sizeof(stranger))) == sizeof(stranger), "no stranger");
	close(in[0]);
	close(in[1]);
	close(lifeline[0]);
	return stranger;
}

int main(int argc, char **argv)
{
	int home, here, there;
	char path[64];

	test_init(argc, argv);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", start_stranger());
	there = must(open(path, O_RDONLY));
	home = must(open("/proc/self/ns/mnt", O_RDONLY));
	here = must(open(".", O_RDONLY | O_DIRECTORY));
	must(setns(there, CLONE_NEWNS));
	must(open("/dev", O_RDONLY | O_DIRECTORY));
	must(open("/proc/version", O_RDONLY));
	must(setns(home, CLONE_NEWNS));
	must(fchdir(here));
	close(home);
	close(here);
	close(there);
	test_ready();
	test_wait();
	pass();
}
