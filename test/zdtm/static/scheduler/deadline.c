// SPDX-License-Identifier: GPL-2.0-only
/* Threads of SCHED_DEADLINE keep runtime, deadline, period and flags.
 *
 * flavours: host
 */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "attributes.h"

#define SCHED_DEADLINE 6
#define RESET_ON_FORK 1
#define RECLAIM 2

static struct attributes wanted[] = {
	{ .policy = SCHED_DEADLINE, .flags = RESET_ON_FORK, .runtime = 1000000, .deadline = 40000000, .period = 100000000 },
	{ .policy = SCHED_DEADLINE, .flags = RECLAIM, .runtime = 500000, .deadline = 50000000, .period = 50000000 },
};
static pthread_barrier_t barrier;
static int error;

static void *work(void *arg)
{
	struct attributes *own = arg, now;

	if (set_attributes(own) < 0)
		error = errno;
	pthread_barrier_wait(&barrier);
	test_wait();
	must(get_attributes(&now));
	check(now.policy == own->policy && now.flags == own->flags, "policy %u flags %#lx", now.policy, now.flags);
	check(now.runtime == own->runtime && now.deadline == own->deadline && now.period == own->period,
	      "runtime %lu deadline %lu period %lu", now.runtime, now.deadline, now.period);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[ARRAY_SIZE(wanted)];

	test_init(argc, argv);
	pthread_barrier_init(&barrier, NULL, ARRAY_SIZE(wanted) + 1);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		check(!pthread_create(&threads[i], NULL, work, &wanted[i]), "no thread");
	pthread_barrier_wait(&barrier);
	if (error == EPERM || error == EBUSY)
		skip("SCHED_DEADLINE is not to be had here (error %d)", error);
	check(!error, "SCHED_DEADLINE: error %d", error);
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		pthread_join(threads[i], NULL);
	pass();
}
