// SPDX-License-Identifier: GPL-2.0-only
/* Children make sessions and process groups of their own, move between groups and change their names, limits and
 * directories all the time; each has what it gave itself last.
 *
 * flavours: host ns
 * iterations: 10
 * not-compared: children pending
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Attributes that a process changes of itself, one after the other. */
static void change(int number)
{
	struct rlimit limit = { .rlim_cur = 100 + number % 50, .rlim_max = 4096 }, got;
	char name[16], directory[32], seen[4096];

	snprintf(name, sizeof(name), "name-%d", number % 1000);
	snprintf(directory, sizeof(directory), "directory-%d", number % 7);
	must(prctl(PR_SET_NAME, name));
	must(setrlimit(RLIMIT_NOFILE, &limit));
	umask(number % 0777);
	must(chdir(directory));
	must(prctl(PR_GET_NAME, seen));
	check(!strcmp(seen, name), "the name is '%s', not '%s'", seen, name);
	must(getrlimit(RLIMIT_NOFILE, &got));
	check(got.rlim_cur == limit.rlim_cur, "limit %lu instead of %lu", got.rlim_cur, limit.rlim_cur);
	check(getcwd(seen, sizeof(seen)) && !strcmp(strrchr(seen, '/') + 1, directory),
	      "the directory is '%s'", seen);
	check(umask(022) == (mode_t)(number % 0777), "another umask");
	must(chdir(".."));
}

static __attribute__((noreturn)) void member(pid_t group, int number)
{
	must(setpgid(0, group));
	change(number);
	check(getpgid(0) == group, "group %d instead of %d", getpgid(0), group);
	must(setpgid(0, 0));
	change(number + 1);
	check(getpgid(0) == getpid(), "group %d instead of %d", getpgid(0), getpid());
	_exit(0);
}

static void expect_end(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0));
	check(!status, "status %#x", status);
}

/* A session whose leader outlives its members. */
static __attribute__((noreturn)) void leader(int number)
{
	pid_t session = must(setsid()), group, pid;

	group = must(fork());
	if (!group) {
		must(setpgid(0, 0));
		pid = must(fork());
		if (!pid)
			member(getpgid(0), number);
		expect_end(pid);
		_exit(0);
	}
	change(number);
	expect_end(group);
	check(getsid(0) == session && getpgid(0) == session, "session %d instead of %d", getsid(0), session);
	_exit(0);
}

int main(int argc, char **argv)
{
	char directory[32];

	test_init(argc, argv);
	for (int i = 0; i < 7; i++) {
		snprintf(directory, sizeof(directory), "directory-%d", i);
		must(mkdir(directory, 0755));
	}
	test_ready();
	for (int number = 0; !test_stopped(); number++) {
		pid_t pid = must(fork());

		if (!pid)
			leader(number);
		expect_end(pid);
	}
	pass();
}
