// SPDX-License-Identifier: GPL-2.0-only
/* Two siblings share a descriptor table, two others share directories, their parent shares with none; and a grandchild
 * whose parent has a table of its own shares that of its grandparent.
 *
 * flavours: host ns
 */
#include "common.h"

#include <fcntl.h>
#include <sys/prctl.h>

static int *words;

static void wait_and_end(int *word)
{
	set_word(word, getpid());
	test_wait();
	exit(0);
}

/* Forks a sibling of ours, which shares with us. */
static void pair(int word, unsigned long flags)
{
	pid_t pid = fork_sharing(0);

	if (pid)
		return;
	test_leave_starter();
	if (!(flags & CLONE_FILES) && !fork_sharing(flags | CLONE_PARENT)) {
		test_leave_starter();
		wait_and_end(&words[word + 1]);
	}
	if (flags & CLONE_FILES && !fork_sharing(flags | CLONE_PARENT))
		wait_and_end(&words[word + 1]);
	must(flags & CLONE_FILES ? open("of-the-pair", O_RDWR | O_CREAT, 0600) : chdir("/"));
	wait_and_end(&words[word]);
}

/* Shares our table with its child, not with us. */
static void hand_on(void)
{
	if (fork_sharing(CLONE_FILES))
		return;
	if (!fork_sharing(CLONE_FILES))
		wait_and_end(&words[5]);
	must(unshare(CLONE_FILES));
	test_leave_starter();
	must(open("of-the-middle", O_RDWR | O_CREAT, 0600));
	set_word(&words[4], getpid());
	test_wait();
	end_sharing(words[5]);
	exit(0);
}

int main(int argc, char **argv)
{
	test_init(argc, argv);
	words = shared_words(6);
	pair(0, CLONE_FILES);
	pair(2, CLONE_FS);
	hand_on();
	for (int i = 0; i < 6; i++)
		while (!__atomic_load_n(&words[i], __ATOMIC_SEQ_CST))
			usleep(1000);
	test_ready();
	test_wait();
	check(is_shared(words[0], words[1], KCMP_FILES), "siblings do not share their descriptors any more");
	check(!is_shared(words[0], getpid(), KCMP_FILES), "the parent shares descriptors with its children");
	check(!is_shared(words[0], words[1], KCMP_FS), "siblings share directories now");
	check(is_shared(words[2], words[3], KCMP_FS), "siblings do not share their directories any more");
	check(!is_shared(words[2], getpid(), KCMP_FS), "the parent shares directories with its children");
	check(is_shared(words[5], getpid(), KCMP_FILES), "the grandchild does not share our table any more");
	check(!is_shared(words[4], getpid(), KCMP_FILES), "its parent shares it now");
	for (int i = 0; i < 5; i++)
		end_sharing(words[i]);
	pass();
}
