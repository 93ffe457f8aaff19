// SPDX-License-Identifier: GPL-2.0-only
/* Children in a state that cannot be kept yet: in other namespaces, with a file lock. All of
 * them are named, each by its own reason.
 *
 * refuses: namespace; lock
 * kinds: file_locks
 */
#include "test.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <unistd.h>

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
	pid_t pid[2];

	test_init(argc, argv);
	pid[0] = test_child(elsewhere, NULL);
	pid[1] = test_child(locker, NULL);
	test_ready();
	test_wait();
	for (int i = 0; i < 2; i++)
		test_end_child(pid[i]);
	pass();
}
