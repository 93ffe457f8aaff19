// SPDX-License-Identifier: GPL-2.0-only
/* A daemon that gave up its session leader: the session has the number of a process that ended, and a member.
 *
 * flavours: host ns
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static pid_t session;

static void member(void *arg)
{
	must(setpgid(0, 0));
	session = getsid(0);
	test_ready();
	test_wait();
	check(getsid(0) == session && session != getpid(), "the session was %d and is %d", session, getsid(0));
}

static void leader(void *arg)
{
	must(setsid());
	/* The member has set itself up when this comes back. */
	test_child(member, NULL);
	test_ready();
	test_wait();
}

int main(int argc, char **argv)
{
	char children[64] = "";
	pid_t pid;
	FILE *stream;

	test_init(argc, argv);
	must(prctl(PR_SET_CHILD_SUBREAPER, 1));
	pid = test_child(leader, NULL);
	test_end_child(pid);
	stream = fopen("/proc/thread-self/children", "re");
	check(stream && fgets(children, sizeof(children), stream) && atoi(children) > 0,
	      "the member is not adopted");
	fclose(stream);
	test_ready();
	test_wait();
	test_end_child(atoi(children));
	pass();
}
