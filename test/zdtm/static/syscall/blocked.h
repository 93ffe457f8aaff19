/* SPDX-License-Identifier: GPL-2.0-only */
/* A thread that is dumped inside a system call. The including file defines NUMBER (of the call), prepare(), which
 * runs first, block(), which makes the call and checks its result, and unblock(), which lets it end after SIGTERM. */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void prepare(void);
static void block(void);
static void unblock(void);

static pid_t blocked_tid;
static struct timespec block_start;

/* Seconds since the call was made; clocks go on while a task is an image. */
__attribute__((unused)) static double elapsed(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - block_start.tv_sec + (now.tv_nsec - block_start.tv_nsec) / 1e9;
}

static void *blocked_thread(void *arg)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	clock_gettime(CLOCK_MONOTONIC, &block_start);
	__atomic_store_n(&blocked_tid, gettid(), __ATOMIC_SEQ_CST);
	block();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	prepare();
	check(!pthread_create(&thread, NULL, blocked_thread, NULL), "no thread");
	while (!__atomic_load_n(&blocked_tid, __ATOMIC_SEQ_CST))
		usleep(100);
	test_wait_blocked(blocked_tid, NUMBER);
	test_ready();
	test_wait();
	unblock();
	pthread_join(thread, NULL);
	pass();
}
