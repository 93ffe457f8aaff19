// SPDX-License-Identifier: GPL-2.0-only
/* A process has gone from the group that it led to one whose leader has gone elsewhere, too.
 *
 * refuses: one whose leader has done the same
 * kinds: unsupported
 */
#include "test.h"

#include <signal.h>
#include <unistd.h>

static void idle(void *arg)
{
	test_ready();
	test_wait();
}

int main(int argc, char **argv)
{
	pid_t first, second, member;

	test_init(argc, argv);
	first = test_child(idle, NULL);
	second = test_child(idle, NULL);
	member = test_child(idle, NULL);
	must(setpgid(first, first));
	must(setpgid(second, second));
	must(setpgid(member, second));
	must(setpgid(second, first));
	must(setpgid(first, getpgrp()));
	test_ready();
	test_wait();
	check(getpgid(second) == first && getpgid(member) == second, "the groups are others");
	test_end_child(first);
	test_end_child(second);
	test_end_child(member);
	pass();
}
