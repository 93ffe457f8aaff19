// SPDX-License-Identifier: GPL-2.0-only
/* Three filters, one on top of the other. Of equal answers that of the youngest filter counts, so their order shows.
 *
 * flavours: host ns
 * kinds: seccomp_mode seccomp_filters
 */
#include "filter.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(answer(SYS_getpgid, with_errno(11), 0));
	must(answer(SYS_getpgid, with_errno(12), 0));
	must(answer(SYS_getsid, with_errno(13), 0));
	test_ready();
	test_wait();
	check(errno_of(SYS_getpgid) == 12, "getpgid was answered with %d", errno_of(SYS_getpgid));
	check(errno_of(SYS_getsid) == 13, "getsid was answered with %d", errno_of(SYS_getsid));
	check(status_number(getpid(), "Seccomp_filters") == 3, "there are %d filters",
	      status_number(getpid(), "Seccomp_filters"));
	must(answer(SYS_getpgid, with_errno(14), 0));
	check(errno_of(SYS_getpgid) == 14, "a fourth filter has no effect");
	pass();
}
