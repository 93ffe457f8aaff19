// SPDX-License-Identifier: GPL-2.0-only
/* Children forked by threads other than the main one, by one that lives and one that has ended.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <pthread.h>
#include <unistd.h>

static pid_t child[2];

static void sleeper(void *arg)
{
	test_ready();
	test_wait();
}

static void *fork_and_end(void *arg)
{
	child[0] = test_child(sleeper, NULL);
	return NULL;
}

static void *fork_and_stay(void *arg)
{
	child[1] = test_child(sleeper, NULL);
	__atomic_store_n((bool *)arg, true, __ATOMIC_SEQ_CST);
	test_wait();
	test_end_child(child[1]);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t brief, lasting;
	bool forked = false;

	test_init(argc, argv);
	check(!pthread_create(&brief, NULL, fork_and_end, NULL), "no thread");
	pthread_join(brief, NULL);
	check(!pthread_create(&lasting, NULL, fork_and_stay, &forked), "no thread");
	while (!__atomic_load_n(&forked, __ATOMIC_SEQ_CST))
		usleep(100);
	test_ready();
	test_wait();
	pthread_join(lasting, NULL);
	test_end_child(child[0]);
	pass();
}
