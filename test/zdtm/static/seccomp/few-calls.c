// SPDX-License-Identifier: GPL-2.0-only
/* A filter that allows read, write and exit, and kills for everything else, getting back into the program included.
 *
 * flavours: host ns
 */
#include "filter.h"

#include <signal.h>
#include <sys/wait.h>

static void lock_up(void)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(install(code, ARRAY_SIZE(code), 0));
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
	check(partner_answers(&partner, 'a') && partner_answers(&partner, 'm'), "the child does not answer");
	check(!partner_answers(&partner, '!'), "the child was allowed getppid");
	must(waitpid(pid, &status, 0));
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "the child ended with status %#x", status);
	pass();
}
