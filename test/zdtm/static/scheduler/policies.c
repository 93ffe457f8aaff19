// SPDX-License-Identifier: GPL-2.0-only
/* Threads of every scheduling policy, with priorities, nice values, and the flag that children start anew.
 *
 * flavours: host ns
 */
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct setting {
	int policy, priority, nice;
} settings[] = {
	{ SCHED_OTHER, 0, 7 },
	{ SCHED_BATCH, 0, 3 },
	{ SCHED_BATCH | SCHED_RESET_ON_FORK, 0, -4 },
	{ SCHED_IDLE, 0, 19 },
	{ SCHED_IDLE, 0, 0 },
	{ SCHED_FIFO, 3, -2 },
	{ SCHED_FIFO | SCHED_RESET_ON_FORK, 1, 0 },
	{ SCHED_RR, 2, 5 },
	{ SCHED_OTHER | SCHED_RESET_ON_FORK, 0, -7 },
};
static pthread_barrier_t barrier;

static void *work(void *arg)
{
	const struct setting *setting = arg;
	struct sched_param parameter = { .sched_priority = setting->priority };
	int policy;

	/* Calls of this thread alone. */
	must(setpriority(PRIO_PROCESS, must(syscall(SYS_gettid)), setting->nice));
	must(sched_setscheduler(0, setting->policy, &parameter));
	pthread_barrier_wait(&barrier);
	test_wait();
	policy = must(sched_getscheduler(0));
	check(policy == setting->policy, "policy %#x became %#x", setting->policy, policy);
	must(sched_getparam(0, &parameter));
	check(parameter.sched_priority == setting->priority, "policy %#x: priority %d became %d", policy,
	      setting->priority, parameter.sched_priority);
	check(getpriority(PRIO_PROCESS, syscall(SYS_gettid)) == setting->nice, "policy %#x: nice %d became %d",
	      policy, setting->nice, getpriority(PRIO_PROCESS, syscall(SYS_gettid)));
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[ARRAY_SIZE(settings)];

	test_init(argc, argv);
	pthread_barrier_init(&barrier, NULL, ARRAY_SIZE(settings) + 1);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		check(!pthread_create(&threads[i], NULL, work, (void *)&settings[i]), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		pthread_join(threads[i], NULL);
	check(sched_getscheduler(0) == SCHED_OTHER, "policy of the first thread");
	pass();
}
