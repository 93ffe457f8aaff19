// SPDX-License-Identifier: GPL-2.0-only
/* Eight children in strict mode, so that most of a dump is spent in tasks which no system call may be made in.
 *
 * flavours: host ns
 */
#include "filter.h"

#include <sys/wait.h>

#define CHILDREN 8

static void lock_up(void)
{
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
}

int main(int argc, char **argv)
{
	struct partner partners[CHILDREN];
	pid_t pids[CHILDREN];
	int status;

	test_init(argc, argv);
	for (int i = 0; i < CHILDREN; i++)
		pids[i] = partner_start(&partners[i], lock_up);
	test_ready();
	test_wait();
	for (int i = 0; i < CHILDREN; i++) {
		check(partner_answers(&partners[i], 'a'), "child %d does not answer", i);
		close(partners[i].to[1]);
		/* Those that were born later have that end, too. */
	}
	for (int i = CHILDREN; i-- > 0;) {
		must(waitpid(pids[i], &status, 0));
		check(status == 0, "child %d ended with status %#x", i, status);
	}
	pass();
}
