// SPDX-License-Identifier: GPL-2.0-only
/* Calls with a relative time-out which any stop makes begin anew last as long as they were to last and no longer: time
 * in which the tree is an image does not count, and what has passed before is not waited for once more. The last one
 * makes its call by code that has another look at the time-out afterwards: nobody may have changed it, so it ends late.
 *
 * flavours: host ns
 * not-compared: threads
 * kinds: interrupted_call
 */
#include "test.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LIMIT 3.2
#define BEFORE 2.4 /* how much of it has passed at the dump */
#define GRACE 2.0
#define LONG 100000

static int epoll, set;
static aio_context_t aio;

static const struct timespec *span(void)
{
	static const struct timespec time = { 3, (LIMIT - 3) * 1e9 };

	return &time;
}

static int result_of(long result, int error)
{
	return result == 0 || (result == -1 && errno == error) ? 0 : -1;
}

static int wait_epoll(void)
{
	struct epoll_event event;

	return epoll_wait(epoll, &event, 1, LIMIT * 1e3);
}

static int wait_epoll_mask(void)
{
	struct epoll_event event;
	sigset_t none;

	sigemptyset(&none);
	sigaddset(&none, SIGUSR1);
	return epoll_pwait(epoll, &event, 1, LIMIT * 1e3, &none);
}

#ifdef SYS_epoll_pwait2
static int wait_epoll_exact(void)
{
	struct epoll_event event;

	return (int)syscall(SYS_epoll_pwait2, epoll, &event, 1, span(), NULL, 8);
}
#endif

static int wait_signal(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	return result_of(syscall(SYS_rt_sigtimedwait, &mask, NULL, span(), 8), EAGAIN);
}

static int wait_semaphore(void)
{
	struct sembuf down = { 0, -1, 0 };

	return result_of(syscall(SYS_semtimedop, set, &down, 1, span()), EAGAIN);
}

static int wait_aio(void)
{
	struct io_event event;

	return (int)syscall(SYS_io_getevents, aio, 1, 1, &event, span());
}

static const struct {
	const char *name;
	int (*run)(void);
	long call;
} calls[] = {
	{ "epoll_wait", wait_epoll, SYS_epoll_wait },
	{ "epoll_pwait", wait_epoll_mask, SYS_epoll_pwait },
#ifdef SYS_epoll_pwait2
	{ "epoll_pwait2", wait_epoll_exact, SYS_epoll_pwait2 },
#endif
	{ "sigtimedwait", wait_signal, SYS_rt_sigtimedwait },
	{ "semtimedop", wait_semaphore, SYS_semtimedop },
	{ "io_getevents", wait_aio, SYS_io_getevents },
};

#define NR_CALLS (sizeof(calls) / sizeof(*calls))

static pid_t tids[NR_CALLS + 1];

/* Counts only while the task exists: what is left of an interval timer is kept. */
static double lived(void)
{
	struct itimerval left;

	must(getitimer(ITIMER_REAL, &left));
	return LONG - left.it_value.tv_sec - left.it_value.tv_usec / 1e6;
}

static void announce(unsigned int number)
{
	sigset_t mask;

	sigfillset(&mask);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	__atomic_store_n(&tids[number], gettid(), __ATOMIC_SEQ_CST);
}

static void *work(void *arg)
{
	unsigned int number = (uintptr_t)arg;
	double start = lived(), took;
	int result;

	announce(number);
	result = calls[number].run();
	took = lived() - start;
	check(result == 0, "%s: %d: %s", calls[number].name, result, strerror(errno));
	check(took >= LIMIT - 0.1, "%s: ends after %g s instead of %g", calls[number].name, took, LIMIT);
	check(took <= LIMIT + GRACE, "%s: ends after %g s instead of %g", calls[number].name, took, LIMIT);
	return NULL;
}

/* In one function with the loop around it, as compilers make it of such code in a program that has no C library. */
static void *work_with_a_look(void *arg)
{
	struct epoll_event event;
	double start = lived();
	long result;

	announce(NR_CALLS);
#ifdef __x86_64__
	register long limit asm("r10") = LIMIT * 1e3;

	result = SYS_epoll_wait;
	asm volatile("syscall"
		     : "+a"(result), "+r"(limit)
		     : "D"(epoll), "S"(&event), "d"(1)
		     : "rcx", "r11", "memory");
	check(limit == (long)(LIMIT * 1e3), "the register of the time-out has %ld", limit);
#else
	result = epoll_pwait(epoll, &event, 1, LIMIT * 1e3, NULL);
#endif
	check(result == 0, "epoll_wait in a loop: %ld", result);
	check(lived() - start >= LIMIT - 0.1, "epoll_wait in a loop: ends after %g s", lived() - start);
	return NULL;
}

int main(int argc, char **argv)
{
	struct itimerval lifetime = { .it_value = { LONG, 0 } };
	pthread_t thread[NR_CALLS + 1];

	test_init(argc, argv);
	if (access("/proc/self/sched", F_OK))
		skip("this kernel does not tell when a thread fell asleep");
	epoll = must(epoll_create1(0));
	set = must(semget(IPC_PRIVATE, 1, 0600));
	must(syscall(SYS_io_setup, 1, &aio));
	must(setitimer(ITIMER_REAL, &lifetime, NULL));
	for (uintptr_t i = 0; i <= NR_CALLS; i++)
		check(!pthread_create(&thread[i], NULL, i < NR_CALLS ? work : work_with_a_look, (void *)i),
		      "no thread");
	for (size_t i = 0; i <= NR_CALLS; i++) {
		while (!__atomic_load_n(&tids[i], __ATOMIC_SEQ_CST))
			usleep(100);
		test_wait_blocked(tids[i], i < NR_CALLS ? calls[i].call : SYS_epoll_wait);
	}
	while (lived() < BEFORE)
		usleep(1000);
	test_ready();
	test_wait();
	for (size_t i = 0; i <= NR_CALLS; i++)
		pthread_join(thread[i], NULL);
	must(semctl(set, 0, IPC_RMID));
	pass();
}
