// SPDX-License-Identifier: GPL-2.0-only
/* The size of the futex hash of a process (PR_FUTEX_HASH, Linux 6.16), set by hand.
 *
 * flavours: host ns
 */
#include "test.h"

#include <sys/prctl.h>

#ifndef PR_FUTEX_HASH
#define PR_FUTEX_HASH 78
#endif
#define SET_SLOTS 1
#define GET_SLOTS 2
#define SLOTS 64

int main(int argc, char **argv)
{
	test_init(argc, argv);
	if (prctl(PR_FUTEX_HASH, SET_SLOTS, SLOTS, 0, 0) < 0)
		skip("no futex hashes of processes on this kernel");
	test_ready();
	test_wait();
	check(prctl(PR_FUTEX_HASH, GET_SLOTS, 0, 0, 0) == SLOTS, "%d slots",
	      prctl(PR_FUTEX_HASH, GET_SLOTS, 0, 0, 0));
	pass();
}
