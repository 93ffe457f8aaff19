// SPDX-License-Identifier: GPL-2.0-only
/* A child in strict mode goes on reading and writing, and is killed for anything else.
 *
 * flavours: host ns
 * kinds: seccomp_mode seccomp_filters
 */
#include "filter.h"

#include <signal.h>
#include <sys/wait.h>

static void lock_up(void)
{
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
}

int main(int argc, char **argv)
{
	struct partner partner;
	int status;
	pid_t pid;

	test_init(argc, argv);
	pid = partner_start(&partner, lock_up);
	test_ready();
	test_wait();
	check(status_number(pid, "Seccomp") == SECCOMP_MODE_STRICT, "the child is not in strict mode");
	check(partner_answers(&partner, 'a') && partner_answers(&partner, 'm'), "the child does not answer");
	check(!partner_answers(&partner, '!'), "the child was allowed getppid");
	must(waitpid(pid, &status, 0));
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the child ended with status %#x", status);
	pass();
}
