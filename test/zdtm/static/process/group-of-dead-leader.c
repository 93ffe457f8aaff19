// SPDX-License-Identifier: GPL-2.0-only
/* A process group whose leader has ended and was waited for, as the rest of a shell pipeline leaves it.
 *
 * flavours: host ns
 */
#include "test.h"

#include <sys/wait.h>
#include <unistd.h>

static pid_t group;

static void leader(void *arg)
{
	must(setpgid(0, 0));
	test_ready();
	test_wait();
}

static void member(void *arg)
{
	must(setpgid(0, group));
	test_ready();
	test_wait();
	check(getpgid(0) == group, "the group was %d and is %d", group, getpgid(0));
}

int main(int argc, char **argv)
{
	pid_t pid[2];

	test_init(argc, argv);
	group = test_child(leader, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(pid); i++)
		pid[i] = test_child(member, NULL);
	test_end_child(group);
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(pid); i++)
		test_end_child(pid[i]);
	pass();
}
