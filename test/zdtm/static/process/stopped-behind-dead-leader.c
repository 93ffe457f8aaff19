// SPDX-License-Identifier: GPL-2.0-only
/* A process whose first thread has exited and whose second is stopped by SIGSTOP, and which has more signals waiting: it
 * is stopped, and goes on when it is continued.
 *
 * kinds: identity signals
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int *rounds;

static void *second(void *arg)
{
	char state[64];

	do
		test_proc_line(getpid(), "status", "State", state, sizeof(state));
	while (state[0] != 'Z');
	test_ready();
	while (!test_stopped()) {
		rounds[0]++;
		usleep(1000);
	}
	_exit(rounds[1] == 1 ? 0 : 3);
}

static void on_user(int sig)
{
	rounds[1]++;
}

static void leaderless(void *arg)
{
	pthread_t thread;

	signal(SIGUSR1, on_user);
	pthread_create(&thread, NULL, second, NULL);
	pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	siginfo_t info;
	pid_t child;
	int before, status;

	test_init(argc, argv);
	rounds = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = test_child(leaderless, NULL);
	must(kill(child, SIGSTOP));
	must(waitid(P_PID, child, &info, WSTOPPED | WNOWAIT));
	must(kill(child, SIGUSR1));
	before = rounds[0];
	test_ready();
	test_wait();
	check(rounds[0] == before, "it runs");
	must(waitid(P_PID, child, &info, WSTOPPED));
	check(info.si_status == SIGSTOP, "stopped by %d", info.si_status);
	must(kill(child, SIGCONT));
	while (rounds[0] == before || !rounds[1])
		usleep(1000);
	must(kill(child, SIGTERM));
	must(waitpid(child, &status, 0));
	check(status == 0, "it ended with %x", status);
	pass();
}
