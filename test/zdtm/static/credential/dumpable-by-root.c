// SPDX-License-Identifier: GPL-2.0-only
/* A process of which only root may read a core dump (dumpable 2), because it changed its ids where fs.suid_dumpable is
 * 2; and a child which is root as before, but changed them in between.
 *
 * flavours: host ns
 */
#include "test.h"

#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <unistd.h>

static void verify(const char *who)
{
	check(prctl(PR_GET_DUMPABLE) == 2, "dumpable of the %s is %d", who, prctl(PR_GET_DUMPABLE));
}

static void child(void *arg)
{
	setfsuid(1);
	setfsuid(0);
	verify("child");
	test_ready();
	test_wait();
	verify("child");
}

int main(int argc, char **argv)
{
	FILE *file = fopen("/proc/sys/fs/suid_dumpable", "re");
	int mode = 0;
	pid_t pid;

	test_init(argc, argv);
	if (!file || fscanf(file, "%d", &mode) != 1 || mode != 2)
		skip("fs.suid_dumpable is %d, and is not the test's to set", mode);
	fclose(file);
	pid = test_child(child, NULL);
	must(setresgid(1234, 1234, 1234));
	/* Real id kept, so that the child can be ended. */
	must(setresuid(0, 1234, 1234));
	verify("process");
	test_ready();
	test_wait();
	verify("process");
	test_end_child(pid);
	pass();
}
