// SPDX-License-Identifier: GPL-2.0-only
/* The nice value of a session as a whole (/proc/PID/autogroup), and another one of a child's session.
 *
 * flavours: host ns
 * kinds: autogroup
 */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int get(void)
{
	FILE *file = fopen("/proc/self/autogroup", "re");
	int nice = -100;

	check(file && fscanf(file, "/autogroup-%*d nice %d", &nice) == 1 && !fclose(file), "cannot be read");
	return nice;
}

static void set(int nice)
{
	FILE *file = fopen("/proc/self/autogroup", "we");

	check(file && fprintf(file, "%d", nice) > 0 && !fclose(file), "cannot be set");
}

static void child(void *arg)
{
	must(setsid());
	set(5);
	test_ready();
	test_wait();
	check(get() == 5, "of the child's session: %d", get());
}

int main(int argc, char **argv)
{
	char text[64] = "";
	FILE *file;
	pid_t pid;

	test_init(argc, argv);
	file = fopen("/proc/self/autogroup", "re");
	if (!file || !fgets(text, sizeof(text), file) || strncmp(text, "/autogroup-", strlen("/autogroup-")))
		skip("sessions are not scheduled as groups here");
	fclose(file);
	set(-3);
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	check(get() == -3, "of the session: %d", get());
	test_end_child(pid);
	pass();
}
