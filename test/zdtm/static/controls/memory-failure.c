// SPDX-License-Identifier: GPL-2.0-only
/* What a thread wants when memory breaks (PR_MCE_KILL): to be told early, late, or as the machine has it.
 *
 * flavours: host ns
 */
#include "test.h"

#include <pthread.h>
#include <sys/prctl.h>

static pthread_barrier_t barrier;

static void *work(void *arg)
{
	long policy = (long)arg;

	must(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, policy, 0, 0));
	pthread_barrier_wait(&barrier);
	test_wait();
	check(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0) == policy, "policy %ld became %d", policy,
	      prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
	return NULL;
}

int main(int argc, char **argv)
{
	static const long policies[] = { PR_MCE_KILL_LATE, PR_MCE_KILL_EARLY, PR_MCE_KILL_DEFAULT };
	pthread_t threads[ARRAY_SIZE(policies)];

	test_init(argc, argv);
	must(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0));
	pthread_barrier_init(&barrier, NULL, ARRAY_SIZE(policies) + 1);
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		check(!pthread_create(&threads[i], NULL, work, (void *)policies[i]), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	check(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0) == PR_MCE_KILL_EARLY, "policy of the first thread");
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		pthread_join(threads[i], NULL);
	pass();
}
