// SPDX-License-Identifier: GPL-2.0-only
/* Siblings that share descriptors and directories crosswise, one that shares with its child what it does not share with
 * us, though another child of it shares with us, and one whose exit signal cannot come with what it shares.
 *
 * refuses: crosswise; does not share with its parent; not SIGCHLD
 * kinds: unsupported identity
 */
#include "../sharing/common.h"

#include <stdlib.h>

#define NR 9

static pid_t *pids;
static int nr;

static void __attribute__((noreturn)) wait_and_end(int who)
{
	test_leave_starter();
	__atomic_store_n(&pids[who], getpid(), __ATOMIC_SEQ_CST);
	test_wait();
	_exit(0);
}

/* Four siblings: the first two share descriptors, and so do the last two; the second and third share directories. Made by
 * a helper which parts with one thing after each. */
static void crosswise(void)
{
	pid_t helper = fork_sharing(0);

	if (helper) {
		must(waitpid(helper, NULL, 0));
		return;
	}
	test_leave_starter();
	for (int i = 0; i < 4; i++) {
		if (!fork_sharing(CLONE_FILES | CLONE_FS | CLONE_PARENT))
			wait_and_end(i);
		must(unshare(i == 1 ? CLONE_FILES : CLONE_FS));
	}
	_exit(0);
}

/* 5 shares descriptors with 4, and 6, a child of 4 as well, shares with us. */
static void between(void)
{
	if (fork_sharing(CLONE_FILES))
		return;
	if (!fork_sharing(CLONE_FILES)) {
		__atomic_store_n(&pids[6], getpid(), __ATOMIC_SEQ_CST);
		test_wait();
		_exit(0);
	}
	must(unshare(CLONE_FILES));
	test_leave_starter();
	if (!fork_sharing(CLONE_FILES)) {
		__atomic_store_n(&pids[5], getpid(), __ATOMIC_SEQ_CST);
		test_wait();
		_exit(0);
	}
	__atomic_store_n(&pids[4], getpid(), __ATOMIC_SEQ_CST);
	test_wait();
	end_sharing(pids[5]);
	end_sharing(pids[6]);
	_exit(0);
}

/* Two siblings that share descriptors, made by one whose signal is another. */
static void other_signal(void)
{
	pid_t pid = (pid_t)must(syscall(SYS_clone, (long)SIGUSR2, 0, 0, 0, 0));

	if (pid)
		return;
	test_leave_starter();
	if (!fork_sharing(CLONE_FILES | CLONE_PARENT))
		wait_and_end(8);
	__atomic_store_n(&pids[7], getpid(), __ATOMIC_SEQ_CST);
	test_wait();
	_exit(0);
}

int main(int argc, char **argv)
{
	test_init(argc, argv);
	signal(SIGUSR2, SIG_IGN);
	pids = (pid_t *)shared_words(NR);
	crosswise();
	between();
	other_signal();
	for (nr = 0; nr < NR; nr++)
		while (!__atomic_load_n(&pids[nr], __ATOMIC_SEQ_CST))
			usleep(1000);
	test_ready();
	test_wait();
	for (int i = 0; i < NR; i++)
		if (i != 5 && i != 6)
			end_sharing(pids[i]);
	pass();
}
