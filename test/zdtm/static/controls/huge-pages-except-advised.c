// SPDX-License-Identifier: GPL-2.0-only
/* Huge pages disabled but where madvise asks for them (PR_THP_DISABLE_EXCEPT_ADVISED, Linux 6.18); a child has them
 * disabled altogether.
 *
 * flavours: host ns
 */
#include "test.h"

#include <sys/prctl.h>

#define EXCEPT_ADVISED 2

static int disabled(void)
{
	return must(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
}

static void child(void *arg)
{
	must(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	test_ready();
	test_wait();
	check(disabled() == 1, "of the child: %d", disabled());
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	if (prctl(PR_SET_THP_DISABLE, 1, EXCEPT_ADVISED, 0, 0) < 0)
		skip("this kernel disables huge pages altogether or not at all");
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	check(disabled() == (1 | EXCEPT_ADVISED), "huge pages: %d", disabled());
	test_end_child(pid);
	pass();
}
