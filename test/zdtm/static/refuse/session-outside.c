// SPDX-License-Identifier: GPL-2.0-only
/* Without --shell-job a tree whose session leader is outside of it is refused, with that option as the cure.
 *
 * session: terminal
 * refuses: --shell-job
 */
#include "test.h"

#include <unistd.h>

int main(int argc, char **argv)
{
	test_init(argc, argv);
	must(setpgid(0, 0));
	test_ready();
	test_wait();
	check(getsid(0) != getpid(), "the session has changed");
	pass();
}
