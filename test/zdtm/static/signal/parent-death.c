// SPDX-License-Identifier: GPL-2.0-only
/* The parent death signal of each thread: it is sent when the thread that made the child ends.
 *
 * flavours: host ns
 * kinds: signals
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#define THREADS 3

static pthread_barrier_t barrier;
static const int numbers[THREADS] = { SIGURG, 0, SIGWINCH };

static void *work(void *arg)
{
	int number = (uintptr_t)arg, now = -1;

	must(prctl(PR_SET_PDEATHSIG, numbers[number]));
	pthread_barrier_wait(&barrier);
	test_wait();
	must(prctl(PR_GET_PDEATHSIG, &now));
	check(now == numbers[number], "thread %d: signal %d instead of %d", number, now, numbers[number]);
	return NULL;
}

static void child(void *arg)
{
	must(prctl(PR_SET_PDEATHSIG, SIGKILL));
	test_ready();
	for (;;)
		pause();
}

static void middle(void *arg)
{
	int *fds = arg;

	close(fds[0]);
	test_child(child, NULL);
	close(fds[1]);
	test_ready();
	test_wait();
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];
	int fds[2];
	char byte;
	pid_t pid;

	test_init(argc, argv);
	/* Its end says that the last process which has it is gone. */
	must(pipe(fds));
	pid = test_child(middle, fds);
	close(fds[1]);
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (uintptr_t i = 0; i < THREADS; i++)
		check(!pthread_create(&thread[i], NULL, work, (void *)i), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	test_end_child(pid);
	check(must(read(fds[0], &byte, 1)) == 0, "the pipe has data");
	pass();
}
