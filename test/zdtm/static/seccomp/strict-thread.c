// SPDX-License-Identifier: GPL-2.0-only
/* One thread is in strict mode, another under a filter, the leader is free.
 *
 * flavours: host ns
 */
#include "filter.h"

#include <pthread.h>
#include <signal.h>

static int to_strict[2], from_strict[2];
static pthread_barrier_t barrier;

static void *strict(void *arg)
{
	char letter = 'r';

	sigset_t all;

	/* The handler of the stop signal makes a system call. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	while (write(from_strict[1], &letter, 1) == 1 && read(to_strict[0], &letter, 1) == 1)
		letter++;
	syscall(SYS_exit, 0);
	return NULL;
}

static void *filtered(void *arg)
{
	must(answer(SYS_getpgid, with_errno(11), 0));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	check(errno_of(SYS_getpgid) == 11, "the filter is gone");
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];
	char letter = 0;

	test_init(argc, argv);
	must(pipe(to_strict));
	must(pipe(from_strict));
	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&threads[0], NULL, strict, NULL);
	pthread_create(&threads[1], NULL, filtered, NULL);
	pthread_barrier_wait(&barrier);
	must(read(from_strict[0], &letter, 1));
	test_ready();
	test_wait();
	pthread_barrier_wait(&barrier);
	pthread_join(threads[1], NULL);
	check(prctl(PR_GET_SECCOMP) == SECCOMP_MODE_DISABLED, "the leader is under seccomp");
	must(write(to_strict[1], "k", 1));
	must(read(from_strict[0], &letter, 1));
	check(letter == 'l', "the strict thread does not answer");
	pass();
}
