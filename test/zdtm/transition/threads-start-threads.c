// SPDX-License-Identifier: GPL-2.0-only
/* Detached threads each start the next one and end, several chains in two processes; the table of threads is never still.
 * Each thread finds what its predecessor left for it, and no chain breaks.
 *
 * flavours: host ns
 * iterations: 10
 * not-compared: threads mappings
 */
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#define CHAINS 4

static unsigned long links[CHAINS];
static uint8_t left[CHAINS][512];
static int ended;

static void *next(void *arg)
{
	size_t chain = (size_t)arg;
	uint8_t local[512];
	pthread_attr_t attr;
	pthread_t thread;

	check(test_differs(left[chain], 512, links[chain]) < 0, "chain %zu: link %lu is wrong", chain,
	      links[chain]);
	links[chain]++;
	test_fill(local, sizeof(local), links[chain]);
	sched_yield();
	__builtin_memcpy(left[chain], local, sizeof(local));
	if (test_stopped()) {
		__atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
		return NULL;
	}
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	check(!pthread_create(&thread, &attr, next, arg), "chain %zu: no thread after %lu", chain, links[chain]);
	return NULL;
}

static void chains(void *arg)
{
	for (size_t chain = 0; chain < CHAINS; chain++) {
		test_fill(left[chain], 512, 0);
		next((void *)chain);
	}
	test_ready();
	test_wait();
	while (__atomic_load_n(&ended, __ATOMIC_SEQ_CST) < CHAINS)
		usleep(1000);
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	pid = test_child(chains, NULL);
	chains(NULL);
	test_end_child(pid);
	pass();
}
