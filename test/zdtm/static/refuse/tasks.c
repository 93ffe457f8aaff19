// SPDX-License-Identifier: GPL-2.0-only
/* Children in a state that cannot be kept yet: under a seccomp filter, in other namespaces, with a file lock. All of
 * them are named, each by its own reason.
 *
 * refuses: seccomp; namespace; lock
 * kinds: file_locks
 */
#include "test.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void filtered(void *arg)
{
	struct sock_filter allow[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog program = { ARRAY_SIZE(allow), allow };

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
	test_ready();
	test_wait();
	check(prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER, "the filter is gone");
}

static void elsewhere(void *arg)
{
	must(unshare(CLONE_NEWUTS | CLONE_NEWIPC));
	must(sethostname("elsewhere", 9));
	test_ready();
	test_wait();
}

static void locker(void *arg)
{
	int fd = must(open("locked", O_RDWR | O_CREAT, 0644));

	must(flock(fd, LOCK_EX));
	test_ready();
	test_wait();
	must(flock(fd, LOCK_EX | LOCK_NB));
}

int main(int argc, char **argv)
{
	pid_t pid[3];

	test_init(argc, argv);
	pid[0] = test_child(filtered, NULL);
	pid[1] = test_child(elsewhere, NULL);
	pid[2] = test_child(locker, NULL);
	test_ready();
	test_wait();
	for (int i = 0; i < 3; i++)
		test_end_child(pid[i]);
	pass();
}
