// SPDX-License-Identifier: GPL-2.0-only
/* The signal mask of a task keeps every bit, the real-time ones and the two of the C library too.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <inttypes.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	/* All but SIGKILL, SIGSTOP (the kernel drops those) and SIGTERM, every third left open. */
	uint64_t mask = ~(1ULL << (SIGKILL - 1) | 1ULL << (SIGSTOP - 1) | 1ULL << (SIGTERM - 1)), now;

	for (int sig = 1; sig <= 64; sig += 3)
		mask &= ~(1ULL << (sig - 1));
	mask |= 3ULL << 31;
	test_init(argc, argv);
	must(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8));
	test_ready();
	test_wait();
	must(syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &now, 8));
	check(now == mask, "the mask was %#" PRIx64 " and is %#" PRIx64, mask, now);
	pass();
}
