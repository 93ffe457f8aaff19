// SPDX-License-Identifier: GPL-2.0-only
/* Timers by the CPU time of the process, of one of its threads, of another process and of its own thread: what is left
 * of them is CPU time of the same one, and they fire when that has been used.
 *
 * flavours: host ns
 * kinds: timers
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TIMERS 3
#define LEFT 500

static volatile sig_atomic_t fired;

static void on_timer(int sig, siginfo_t *info, void *context)
{
	fired = info->si_value.sival_int;
}

static int runs;

static void *work(void *arg)
{
	sigset_t mask;

	sigfillset(&mask);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	__atomic_store_n(&runs, 1, __ATOMIC_SEQ_CST);
	test_wait();
	return NULL;
}

static void child(void *arg)
{
	int id;
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	struct itimerspec value = { .it_value = { LEFT, 0 } }, now;

	/* The only thread there is. */
	must(syscall(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &event, &id));
	must(syscall(SYS_timer_settime, id, 0, &value, NULL));
	test_ready();
	test_wait();
	must(syscall(SYS_timer_gettime, id, &now));
	check(now.it_value.tv_sec <= LEFT && now.it_value.tv_sec > LEFT - 100, "own thread: %ld s are left",
	      now.it_value.tv_sec);
}

/* CPU time passes until the signal of timer @number comes. */
static void burn(int number)
{
	struct timespec start, now;

	must(clock_gettime(CLOCK_MONOTONIC, &start));
	do
		must(clock_gettime(CLOCK_MONOTONIC, &now));
	while (fired != number && now.tv_sec < start.tv_sec + 20);
	check(fired == number, "timer %d does not fire", number);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_timer, .sa_flags = SA_SIGINFO };
	struct itimerspec value = { .it_value = { LEFT, 0 } }, now;
	clockid_t clock[TIMERS];
	pthread_t thread;
	int id[TIMERS];
	pid_t pid;

	test_init(argc, argv);
	must(sigaction(SIGRTMIN + 2, &action, NULL));
	pid = test_child(child, NULL);
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	clock[0] = CLOCK_PROCESS_CPUTIME_ID;
	check(!pthread_getcpuclockid(pthread_self(), &clock[1]), "no clock of the thread");
	check(!clock_getcpuclockid(pid, &clock[2]), "no clock of the child");
	for (int i = 0; i < TIMERS; i++) {
		struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2 };

		event.sigev_value.sival_int = 1 + i;
		must(syscall(SYS_timer_create, clock[i], &event, &id[i]));
		must(syscall(SYS_timer_settime, id[i], 0, &value, NULL));
	}
	while (!__atomic_load_n(&runs, __ATOMIC_SEQ_CST))
		usleep(100);
	test_ready();
	test_wait();
	for (int i = 0; i < TIMERS; i++) {
		must(syscall(SYS_timer_gettime, id[i], &now));
		check(now.it_value.tv_sec <= LEFT && now.it_value.tv_sec > LEFT - 100,
		      "timer %d: %ld s are left", i, now.it_value.tv_sec);
	}
	for (int i = 0; i < 2; i++) {
		value.it_value = (struct timespec){ 0, 20000000 };
		must(syscall(SYS_timer_settime, id[i], 0, &value, NULL));
		burn(1 + i);
	}
	test_end_child(pid);
	pthread_join(thread, NULL);
	pass();
}
