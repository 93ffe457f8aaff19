// SPDX-License-Identifier: GPL-2.0-only
/* The name of a task with characters that mislead readers of /proc: parentheses, blanks, a newline.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <string.h>
#include <sys/prctl.h>

int main(int argc, char **argv)
{
	const char *name = ") R 1 (\n\\ )";
	char now[17] = "";

	test_init(argc, argv);
	must(prctl(PR_SET_NAME, name));
	test_ready();
	test_wait();
	must(prctl(PR_GET_NAME, now));
	check(!strcmp(now, name), "the name was '%s' and is '%s'", name, now);
	pass();
}
