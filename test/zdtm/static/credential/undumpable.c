// SPDX-License-Identifier: GPL-2.0-only
/* A user without capabilities whose process may not be looked at by others of the same user (dumpable 0): its /proc
 * files belong to root. So it is after it has changed its ids, or has asked for it.
 *
 * flavours: host ns
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct stat stat_of_exe;
	int proc;

	test_init(argc, argv);
	proc = must(open("/proc/self", O_PATH | O_DIRECTORY));
	must(setgroups(0, NULL));
	must(setresgid(1234, 1234, 1234));
	must(setresuid(1234, 1234, 1234));
	must(prctl(PR_SET_DUMPABLE, 0));
	must(close(proc));
	test_ready();
	test_wait();
	check(prctl(PR_GET_DUMPABLE) == 0, "dumpable is %d", prctl(PR_GET_DUMPABLE));
	check(geteuid() == 1234, "the user is %d", geteuid());
	must(stat("/proc/self/stat", &stat_of_exe));
	check(stat_of_exe.st_uid == 0, "its /proc files belong to %d", stat_of_exe.st_uid);
	check(open("/proc/self/auxv", O_RDONLY) == -1 && errno == EACCES, "it can read what it may not");
	pass();
}
