// SPDX-License-Identifier: GPL-2.0-only
/* A child that shares the current directory and the umask (CLONE_FS): it changes both, and so they change here.
 *
 * flavours: host ns
 */
#include "common.h"

#include <sys/stat.h>

static int *words;

static void child(void)
{
	test_leave_starter();
	set_word(&words[0], 1);
	test_wait();
	check(umask(0123) == 0031, "the umask is lost");
	must(chdir("inner"));
	exit(0);
}

int main(int argc, char **argv)
{
	struct stat outer, inner, now;
	pid_t pid;

	test_init(argc, argv);
	words = shared_words(1);
	must(mkdir("outer", 0700));
	must(mkdir("outer/inner", 0700));
	pid = fork_sharing(CLONE_FS);
	if (!pid)
		child();
	must(stat("outer", &outer));
	must(stat("outer/inner", &inner));
	must(chdir("outer"));
	umask(0031);
	wait_word(&words[0], 1);
	test_ready();
	test_wait();
	check(is_shared(getpid(), pid, KCMP_FS), "directories are not shared any more");
	check(!is_shared(getpid(), pid, KCMP_FILES), "descriptors are shared now");
	must(stat(".", &now));
	check(now.st_ino == outer.st_ino, "the current directory is lost");
	end_sharing(pid);
	must(stat(".", &now));
	check(now.st_ino == inner.st_ino, "the child's change of directory did not come through");
	check(umask(0) == 0123, "the child's umask did not come through");
	pass();
}
