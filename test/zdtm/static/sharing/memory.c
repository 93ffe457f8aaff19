// SPDX-License-Identifier: GPL-2.0-only
/* Children that live in our address space (CLONE_VM): one shares everything with us, one nothing but memory, with a
 * descriptor, a directory, a name and signal actions of its own, and one is the sibling of that, with a thread.
 *
 * flavours: host ns
 */
#include "common.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>

enum { ALL, MEMORY_ONLY, SIBLING, NR };

static int ready[NR], go, done[NR], handled;
static pid_t pids[NR];
static int own_fd;

static void wait_to_go(int who)
{
	set_word(&ready[who], 1);
	while (!__atomic_load_n(&go, __ATOMIC_SEQ_CST))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static int share_all(void *argument)
{
	wait_to_go(ALL);
	set_word(&done[ALL], 1);
	syscall(SYS_exit_group, 0);
	return 0;
}

static int sibling(void *argument)
{
	test_leave_starter();
	wait_to_go(SIBLING);
	set_word(&done[SIBLING], 1);
	syscall(SYS_exit_group, 0);
	return 0;
}

static void handler(int signal)
{
	handled = getpid();
}

static int share_memory(void *argument)
{
	char name[16] = "";

	test_leave_starter();
	must(prctl(PR_SET_NAME, "lodger"));
	own_fd = (int)must(open("own", O_RDWR | O_CREAT, 0600));
	must(dup2(own_fd, 77));
	must(close(own_fd));
	must(chdir("inner"));
	signal(SIGUSR1, handler);
	pids[SIBLING] = spawn_sharing(CLONE_PARENT, sibling, NULL);
	wait_word(&ready[SIBLING], 1);
	wait_to_go(MEMORY_ONLY);
	must(prctl(PR_GET_NAME, name));
	if (fcntl(77, F_GETFD) == 0 && !strcmp(name, "lodger") && access("../inner", F_OK) == 0) {
		must(kill(getpid(), SIGUSR1));
		set_word(&done[MEMORY_ONLY], handled == getpid());
	}
	syscall(SYS_exit_group, 0);
	return 0;
}

int main(int argc, char **argv)
{
	int status;

	test_init(argc, argv);
	must(mkdir("inner", 0700));
	pids[ALL] = spawn_sharing(CLONE_FILES | CLONE_FS | CLONE_SIGHAND, share_all, NULL);
	wait_word(&ready[ALL], 1);
	pids[MEMORY_ONLY] = spawn_sharing(0, share_memory, NULL);
	for (int i = 0; i < NR; i++)
		wait_word(&ready[i], 1);
	test_ready();
	test_wait();
	for (int i = 0; i < NR; i++)
		check(is_shared(getpid(), pids[i], KCMP_VM), "process %d has memory of its own now", pids[i]);
	check(is_shared(getpid(), pids[ALL], KCMP_FILES), "descriptors are not shared any more");
	check(is_shared(getpid(), pids[ALL], KCMP_FS), "directories are not shared any more");
	check(is_shared(getpid(), pids[ALL], KCMP_SIGHAND), "signal actions are not shared any more");
	check(!is_shared(getpid(), pids[MEMORY_ONLY], KCMP_SIGHAND), "signal actions are shared now");
	check(!is_shared(getpid(), pids[MEMORY_ONLY], KCMP_FILES), "descriptors are shared now");
	check(fcntl(77, F_GETFD) < 0, "a descriptor of the child is ours");
	set_word(&go, 1);
	for (int i = 0; i < NR; i++) {
		must(waitpid(pids[i], &status, __WALL));
		check(status == 0 && done[i], "process %d: wait status %#x, %s", pids[i],
		      (unsigned int)status, done[i] ? "done" : "its state was not as before");
	}
	pass();
}
