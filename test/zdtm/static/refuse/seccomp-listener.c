// SPDX-License-Identifier: GPL-2.0-only
/* A filter with a listener (SECCOMP_RET_USER_NOTIF) cannot be kept: who answers would be lost. The descriptor itself is
 * refused, too.
 *
 * refuses: may ask a listener; seccomp listeners
 * kinds: seccomp_mode
 */
#include "../seccomp/filter.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(answer(SYS_getpgid, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER));
	test_ready();
	test_wait();
	check(prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER, "the filter is gone");
	pass();
}
