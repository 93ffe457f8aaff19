// SPDX-License-Identifier: GPL-2.0-only
/* Sessions and process groups: a session below another, a group with its leader, a member of the leader's group.
 *
 * flavours: host ns uns
 * kinds: identity
 */
#include "test.h"

#include <unistd.h>

enum kind { OWN_SESSION, OWN_GROUP, GROUP_OF_SIBLING, INHERITED };

static pid_t leader;

static void member(void *arg)
{
	enum kind kind = *(enum kind *)arg;
	pid_t sid, pgid;

	if (kind == OWN_SESSION)
		must(setsid());
	else if (kind == OWN_GROUP)
		must(setpgid(0, 0));
	else if (kind == GROUP_OF_SIBLING)
		must(setpgid(0, leader));
	sid = getsid(0);
	pgid = getpgid(0);
	test_ready();
	test_wait();
	check(getsid(0) == sid, "kind %d: the session was %d and is %d", kind, sid, getsid(0));
	check(getpgid(0) == pgid, "kind %d: the group was %d and is %d", kind, pgid, getpgid(0));
}

int main(int argc, char **argv)
{
	static enum kind kinds[] = { OWN_SESSION, OWN_GROUP, GROUP_OF_SIBLING, INHERITED };
	pid_t pid[ARRAY_SIZE(kinds)], sid, pgid;

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		pid[i] = test_child(member, &kinds[i]);
		if (kinds[i] == OWN_GROUP)
			leader = pid[i];
	}
	sid = getsid(0);
	pgid = getpgid(0);
	test_ready();
	test_wait();
	check(getsid(0) == sid && getpgid(0) == pgid, "session or group of the root has changed");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		test_end_child(pid[i]);
	pass();
}
