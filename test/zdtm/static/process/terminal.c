// SPDX-License-Identifier: GPL-2.0-only
/* A job of a shell: its session leader and its terminal are outside of the dumped tree, which gets them back.
 *
 * options: --shell-job
 * session: terminal
 * kinds: tty
 */
#include "test.h"

#include <string.h>
#include <unistd.h>

static char name[64];

static void child(void *arg)
{
	pid_t session = getsid(0);

	test_ready();
	test_wait();
	check(getsid(0) == session, "the session was %d and is %d", session, getsid(0));
	check(isatty(1) && !strcmp(ttyname(1), name), "the child's terminal is %s", ttyname(1));
}

int main(int argc, char **argv)
{
	pid_t session, pid;

	test_init(argc, argv);
	must(setpgid(0, 0));
	session = getsid(0);
	check(isatty(0) && ttyname(0), "started without a terminal");
	strcpy(name, ttyname(0));
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	check(getsid(0) == session, "the session was %d and is %d", session, getsid(0));
	check(isatty(0) && !strcmp(ttyname(0), name), "the terminal is %s", ttyname(0));
	must(write(1, "still here\n", 11));
	test_end_child(pid);
	pass();
}
