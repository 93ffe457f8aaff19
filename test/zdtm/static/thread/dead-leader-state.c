// SPDX-License-Identifier: GPL-2.0-only
/* The first thread of a process has exited, and what only the process itself can tell is asked of another one: a POSIX
 * timer, what SEM_UNDO is to do at its end, a child that was continued and one that is stopped, of which it has not heard
 * or has.
 *
 * flavours: host compat
 * kinds: timers semaphores continued signals
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CONTINUED, STOPPED, SEEN, CHILDREN };

static pid_t children[CHILDREN];
static int set, timer;

static void idle(void *arg)
{
	test_ready();
	test_wait();
}

static void stop(pid_t pid, int options)
{
	siginfo_t info;

	must(kill(pid, SIGSTOP));
	must(waitid(P_PID, pid, &info, WSTOPPED | options));
}

static void make_state(void)
{
	struct sembuf take = { .sem_num = 0, .sem_op = -2, .sem_flg = SEM_UNDO };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };
	struct itimerspec hour = { .it_value.tv_sec = 3600 };
	siginfo_t info;

	for (int i = 0; i < CHILDREN; i++)
		children[i] = test_child(idle, NULL);
	stop(children[CONTINUED], 0);
	must(kill(children[CONTINUED], SIGCONT));
	must(waitid(P_PID, children[CONTINUED], &info, WCONTINUED | WNOWAIT));
	stop(children[STOPPED], WNOWAIT);
	stop(children[SEEN], 0);
	must(semop(set, &take, 1));
	must(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer));
	must(syscall(SYS_timer_settime, timer, 0, &hour, NULL));
}

static int told(pid_t pid, int what)
{
	siginfo_t info = { 0 };

	must(waitid(P_PID, pid, &info, what | WNOHANG));
	return info.si_pid == pid;
}

static void end(pid_t pid)
{
	must(kill(pid, SIGCONT));
	test_end_child(pid);
}

static void *go_on(void *arg)
{
	struct itimerspec left;
	char state[64];

	do
		test_proc_line(getpid(), "status", "State", state, sizeof(state));
	while (state[0] != 'Z');
	make_state();
	test_ready();
	test_wait();
	must(syscall(SYS_timer_gettime, timer, &left));
	check(left.it_value.tv_sec > 3000, "%ld seconds are left of the timer", (long)left.it_value.tv_sec);
	check(told(children[CONTINUED], WCONTINUED), "who was continued is not told");
	check(told(children[STOPPED], WSTOPPED), "who is stopped is not told");
	check(!told(children[SEEN], WSTOPPED), "who is stopped is told once more");
	for (int i = 0; i < CHILDREN; i++)
		end(children[i]);
	_exit(0);
}

static void leaderless(void *arg)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, go_on, NULL), "no thread");
	syscall(SYS_exit, 0);
}

int main(int argc, char **argv)
{
	pid_t child;

	test_init(argc, argv);
	set = must(semget(IPC_PRIVATE, 1, IPC_CREAT | 0600));
	must(semctl(set, 0, SETVAL, 5));
	child = test_child(leaderless, NULL);
	test_ready();
	test_wait();
	check(semctl(set, 0, GETVAL) == 3, "the semaphore is %d", semctl(set, 0, GETVAL));
	test_end_child(child);
	check(semctl(set, 0, GETVAL) == 5, "the semaphore is %d at its end", semctl(set, 0, GETVAL));
	must(semctl(set, 0, IPC_RMID));
	pass();
}
