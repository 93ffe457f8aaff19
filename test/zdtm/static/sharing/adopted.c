// SPDX-License-Identifier: GPL-2.0-only
/* Orphans that a subreaper has adopted share what their dead parents handed on: two of different families share
 * descriptors and directories with each other, a third shares descriptors with the subreaper itself.
 *
 * flavours: host ns
 */
#include "common.h"

#include <fcntl.h>
#include <sys/prctl.h>

enum { LEFT, RIGHT, OURS, NR };

static int *words;

static void __attribute__((noreturn)) wait_and_end(int who)
{
	set_word(&words[who], getpid());
	test_wait();
	exit(0);
}

/* Two parents that share and die, each with a child. */
static void two_families(void)
{
	pid_t top = fork_sharing(0);

	if (top) {
		must(waitpid(top, NULL, 0));
		return;
	}
	test_leave_starter();
	must(open("common", O_RDWR | O_CREAT, 0600));
	for (int who = LEFT; who <= RIGHT; who++) {
		if (fork_sharing(CLONE_FILES | CLONE_FS))
			continue;
		if (!fork_sharing(CLONE_FILES | CLONE_FS))
			wait_and_end(who);
		_exit(0);
	}
	_exit(0);
}

static void one_of_ours(void)
{
	pid_t middle = fork_sharing(CLONE_FILES);

	if (middle) {
		must(waitpid(middle, NULL, 0));
		return;
	}
	if (!fork_sharing(CLONE_FILES))
		wait_and_end(OURS);
	_exit(0);
}

int main(int argc, char **argv)
{
	test_init(argc, argv);
	words = shared_words(NR);
	must(prctl(PR_SET_CHILD_SUBREAPER, 1));
	two_families();
	one_of_ours();
	for (int i = 0; i < NR; i++)
		while (!__atomic_load_n(&words[i], __ATOMIC_SEQ_CST))
			usleep(1000);
	/* Of the two middle ones, whose parent died first. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	test_ready();
	test_wait();
	check(is_shared(words[LEFT], words[RIGHT], KCMP_FILES), "the two do not share descriptors any more");
	check(is_shared(words[LEFT], words[RIGHT], KCMP_FS), "the two do not share directories any more");
	check(!is_shared(words[LEFT], getpid(), KCMP_FILES), "they share our descriptors now");
	check(is_shared(words[OURS], getpid(), KCMP_FILES), "the third does not share our descriptors any more");
	check(!is_shared(words[OURS], getpid(), KCMP_FS), "the third shares our directories now");
	for (int i = 0; i < NR; i++)
		end_sharing(words[i]);
	pass();
}
