// SPDX-License-Identifier: GPL-2.0-only
/* Secure bits with their locks, keep-capabilities, and no_new_privs.
 *
 * flavours: host ns
 */
#include "test.h"

#include <linux/securebits.h>
#include <sys/prctl.h>

int main(int argc, char **argv)
{
	int bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS | SECBIT_NO_CAP_AMBIENT_RAISE;

	test_init(argc, argv);
	must(prctl(PR_SET_SECUREBITS, bits));
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	test_ready();
	test_wait();
	check(prctl(PR_GET_SECUREBITS) == bits, "secure bits were %#x and are %#x", bits, prctl(PR_GET_SECUREBITS));
	check(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "no_new_privs is gone");
	check(prctl(PR_SET_SECUREBITS, 0) == -1, "the lock of a secure bit is gone");
	pass();
}
