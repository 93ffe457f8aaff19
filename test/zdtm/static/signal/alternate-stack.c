// SPDX-License-Identifier: GPL-2.0-only
/* The alternate signal stack of every thread is kept, and handlers run on it.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define SIZE 65536
#define AUTODISARM (1U << 31)

static pthread_barrier_t barrier;
static __thread char *stack, *seen;

static void handler(int sig)
{
	seen = __builtin_frame_address(0);
}

static void *work(void *arg)
{
	stack_t own = { .ss_size = SIZE, .ss_flags = arg ? AUTODISARM : 0 }, now;

	own.ss_sp = stack = malloc(SIZE);
	must(sigaltstack(&own, NULL));
	pthread_barrier_wait(&barrier);
	test_wait();
	must(sigaltstack(NULL, &now));
	check(now.ss_sp == stack && now.ss_size == SIZE && now.ss_flags == own.ss_flags,
	      "the stack is %p with %zu bytes and flags %#x", now.ss_sp, now.ss_size, now.ss_flags);
	pthread_kill(pthread_self(), SIGUSR1);
	check(seen >= stack && seen < stack + SIZE, "the handler ran elsewhere: %p", seen);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
	pthread_t thread[2];

	test_init(argc, argv);
	must(sigaction(SIGUSR1, &action, NULL));
	pthread_barrier_init(&barrier, NULL, 3);
	for (uintptr_t i = 0; i < 2; i++)
		check(!pthread_create(&thread[i], NULL, work, (void *)i), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	pass();
}
