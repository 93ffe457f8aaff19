// SPDX-License-Identifier: GPL-2.0-only
/* A handler that runs on the alternate stack while the task is dumped returns from it; a second signal then runs on it
 * again. With SS_AUTODISARM the stack is unset meanwhile and comes back.
 *
 * flavours: host ns
 * kinds: signals
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define SIZE 65536
#define AUTODISARM (1U << 31)

static pthread_barrier_t barrier;
static __thread char *stack;
static __thread int runs;
static __thread bool disarms;

static bool is_on_stack(void)
{
	char *frame = __builtin_frame_address(0);

	return frame >= stack && frame < stack + SIZE;
}

static void handler(int sig)
{
	stack_t now;

	check(is_on_stack(), "the handler runs elsewhere");
	if (runs++)
		return;
	pthread_barrier_wait(&barrier);
	test_wait();
	must(sigaltstack(NULL, &now));
	check(now.ss_flags == (disarms ? SS_DISABLE : SS_ONSTACK),
	      "within the handler the stack has flags %#x", now.ss_flags);
}

static void *work(void *arg)
{
	stack_t own = { .ss_size = SIZE }, now;

	disarms = arg != NULL;
	own.ss_flags = disarms ? AUTODISARM : 0;
	own.ss_sp = stack = malloc(SIZE);
	must(sigaltstack(&own, NULL));
	pthread_kill(pthread_self(), SIGUSR1);
	must(sigaltstack(NULL, &now));
	check(now.ss_sp == stack && now.ss_size == SIZE && (unsigned int)now.ss_flags == (disarms ? AUTODISARM : 0),
	      "after the handler: %p, %zu bytes, flags %#x", now.ss_sp, now.ss_size, now.ss_flags);
	pthread_kill(pthread_self(), SIGUSR1);
	check(runs == 2, "the handler ran %d times", runs);
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
