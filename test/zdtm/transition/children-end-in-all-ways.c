// SPDX-License-Identifier: GPL-2.0-only
/* Children exit, are killed, dump core or are stopped and continued all the time, and stay zombies for a while; the parent
 * sees each status once, as it was, and a queued signal for each child that ends.
 *
 * flavours: host ns
 * iterations: 10
 * not-compared: children pending
 */
#include "test.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 8

static const int killers[] = { SIGKILL, SIGUSR1, SIGABRT, SIGSEGV, SIGALRM };

static __attribute__((noreturn)) void end(unsigned long number)
{
	int sig = killers[number % ARRAY_SIZE(killers)];

	if (number % 2)
		_exit(number % 251);
	signal(sig, SIG_DFL);
	raise(sig);
	_exit(252);
}

static void expect(unsigned long number, const siginfo_t *info)
{
	if (number % 2) {
		check(info->si_code == CLD_EXITED && info->si_status == (int)(number % 251),
		      "child %lu: code %d status %d", number, info->si_code, info->si_status);
		return;
	}
	check(info->si_code == CLD_KILLED && info->si_status == killers[number % ARRAY_SIZE(killers)],
	      "child %lu: code %d signal %d", number, info->si_code, info->si_status);
}

/* Stop it, see that, let it go on, see that. */
static void hold(pid_t pid)
{
	siginfo_t info;

	must(kill(pid, SIGSTOP));
	must(waitid(P_PID, pid, &info, WSTOPPED));
	check(info.si_code == CLD_STOPPED && info.si_status == SIGSTOP, "code %d status %d", info.si_code,
	      info.si_status);
	must(kill(pid, SIGCONT));
	must(waitid(P_PID, pid, &info, WCONTINUED));
	check(info.si_code == CLD_CONTINUED, "code %d status %d", info.si_code, info.si_status);
}

static pid_t start(unsigned long number)
{
	pid_t pid = must(fork());

	if (pid)
		return pid;
	usleep(number % 3 * 100);
	end(number);
}

/* Zombies are looked at twice before they are collected. */
static void collect(unsigned long number, pid_t pid)
{
	siginfo_t info;

	must(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	expect(number, &info);
	usleep(100);
	must(waitid(P_PID, pid, &info, WEXITED));
	expect(number, &info);
	check(info.si_pid == pid, "pid %d instead of %d", info.si_pid, pid);
}

static void held_child(void *arg)
{
	test_ready();
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	unsigned long number = 0;
	pid_t pid[CHILDREN], held;

	test_init(argc, argv);
	must(setrlimit(RLIMIT_CORE, &(struct rlimit){}));
	held = test_child(held_child, NULL);
	test_ready();
	for (int i = 0; i < CHILDREN; i++)
		pid[i] = start(number + i);
	for (; !test_stopped(); number++) {
		collect(number, pid[number % CHILDREN]);
		pid[number % CHILDREN] = start(number + CHILDREN);
		hold(held);
	}
	for (int i = 0; i < CHILDREN; i++, number++)
		collect(number, pid[number % CHILDREN]);
	must(kill(held, SIGKILL));
	must(waitpid(held, NULL, 0));
	pass();
}
