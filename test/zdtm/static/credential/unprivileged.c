// SPDX-License-Identifier: GPL-2.0-only
/* A user without any capability, as most programs are, and still able to see its own /proc files.
 *
 * flavours: host ns
 */
#include "test.h"

#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char sets[64];

	test_init(argc, argv);
	must(setgroups(0, NULL));
	must(setresgid(1234, 1234, 1234));
	must(setresuid(1234, 1234, 1234));
	must(prctl(PR_SET_DUMPABLE, 1));
	test_ready();
	test_wait();
	check(getuid() == 1234 && getegid() == 1234 && !getgroups(0, NULL), "ids or groups have changed");
	test_proc_line(getpid(), "status", "CapPrm", sets, sizeof(sets));
	check(strtoull(sets, NULL, 16) == 0, "permitted capabilities are %s", sets);
	check(prctl(PR_GET_DUMPABLE) == 1, "dumpable is %d", prctl(PR_GET_DUMPABLE));
	must(open("/proc/self/maps", O_RDONLY));
	check(setuid(0) == -1, "root can be had again");
	pass();
}
