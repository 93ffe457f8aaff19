// SPDX-License-Identifier: GPL-2.0-only
/* Real, effective, saved and file system ids of user and group, and supplementary groups.
 *
 * flavours: host ns
 * kinds: credentials
 */
#include "test.h"

#include <grp.h>
#include <string.h>
#include <sys/fsuid.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	gid_t groups[] = { 5, 77, 1003, 60001 }, groups_now[8];
	uid_t real, effective, saved;
	int n;

	test_init(argc, argv);
	must(setgroups(ARRAY_SIZE(groups), groups));
	must(setresgid(1, 2, 3));
	setfsgid(4);
	must(setresuid(11, 12, 0));
	setfsuid(11);
	test_ready();
	test_wait();
	must(getresuid(&real, &effective, &saved));
	check(real == 11 && effective == 12 && saved == 0, "uids are %d %d %d", real, effective, saved);
	check(setfsuid(-1) == 11, "the file system uid is %d", setfsuid(-1));
	must(getresgid(&real, &effective, &saved));
	check(real == 1 && effective == 2 && saved == 3, "gids are %d %d %d", real, effective, saved);
	check(setfsgid(-1) == 4, "the file system gid is %d", setfsgid(-1));
	n = must(getgroups(ARRAY_SIZE(groups_now), groups_now));
	check(n == ARRAY_SIZE(groups) && !memcmp(groups, groups_now, sizeof(groups)), "the groups have changed");
	pass();
}
