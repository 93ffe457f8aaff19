// SPDX-License-Identifier: GPL-2.0-only
/* A child in our address space (CLONE_VM) which leads a session of its own and has a thread, a forked child, whose memory
 * is a copy of ours at that time, a zombie, and a guest of its own in turn.
 *
 * flavours: host ns compat
 */
#include "common.h"

#include <time.h>

enum { GUEST, THREAD, FORKED, INNER, NR };

static int *words;
static int go, result[NR];
static pid_t forked, zombie, inner;
static char memory[8 * TEST_PAGE];

static void wait_to_go(int who)
{
	set_word(&words[who], 1);
	while (!__atomic_load_n(&go, __ATOMIC_SEQ_CST))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static int inner_guest(void *argument)
{
	test_leave_starter();
	wait_to_go(INNER);
	set_word(&result[INNER], test_differs(memory, sizeof(memory), 2) < 0);
	syscall(SYS_exit_group, 0);
	return 0;
}

static int thread(void *argument)
{
	wait_to_go(THREAD);
	set_word(&result[THREAD], 1);
	syscall(SYS_exit, 0);
	return 0;
}

static void forked_child(void)
{
	test_leave_starter();
	set_word(&words[FORKED], 1);
	test_wait();
	_exit(test_differs(memory, sizeof(memory), 1) < 0 ? 3 : 4);
}

static void start_thread(void)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK,
			   -1, 0);

	must(clone(thread, stack + STACK_SIZE,
		   CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, NULL));
}

static bool is_family_there(void)
{
	int status;
	siginfo_t info = {};

	if (waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOHANG) || info.si_pid != zombie || info.si_status != 9)
		return false;
	if (kill(forked, SIGTERM) || waitpid(forked, &status, 0) != forked || status != 3 << 8)
		return false;
	return waitpid(inner, &status, __WALL) == inner && status == 0;
}

static int guest(void *argument)
{
	siginfo_t info;

	test_leave_starter();
	must(setsid());
	forked = fork_sharing(0);
	if (!forked)
		forked_child();
	zombie = fork_sharing(0);
	if (!zombie)
		_exit(9);
	must(waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT));
	start_thread();
	inner = spawn_sharing(0, inner_guest, NULL);
	wait_to_go(GUEST);
	set_word(&result[GUEST], getsid(0) == getpid() && is_family_there());
	wait_word(&result[THREAD], 1);
	syscall(SYS_exit_group, 0);
	return 0;
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	test_init(argc, argv);
	words = shared_words(NR);
	test_fill(memory, sizeof(memory), 1);
	pid = spawn_sharing(0, guest, NULL);
	for (int i = 0; i < NR; i++)
		wait_word(&words[i], 1);
	test_fill(memory, sizeof(memory), 2);
	test_ready();
	test_wait();
	check(is_shared(getpid(), pid, KCMP_VM), "the guest has memory of its own now");
	check(test_differs(memory, sizeof(memory), 2) < 0, "memory is not as it was");
	set_word(&go, 1);
	must(waitpid(pid, &status, __WALL));
	check(status == 0 && result[GUEST], "the guest's family is not as it was (wait status %#x)",
	      (unsigned int)status);
	check(result[THREAD] && result[INNER], "the guest's thread (%d) or guest (%d) is not as it was",
	      result[THREAD], result[INNER]);
	pass();
}
