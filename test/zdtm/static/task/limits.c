// SPDX-License-Identifier: GPL-2.0-only
/* Every resource limit, soft and hard, of a process and of its child.
 *
 * flavours: host ns uns
 * kinds: limits
 */
#include "test.h"

#include <sys/resource.h>

static void lower(struct rlimit *limits, int by)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		must(getrlimit(i, &limits[i]));
		if (i == RLIMIT_AS || i == RLIMIT_DATA || i == RLIMIT_CPU || i == RLIMIT_NPROC)
			limits[i].rlim_cur = 1UL << (40 + by);
		else if (limits[i].rlim_cur > 4096 && i != RLIMIT_STACK)
			limits[i].rlim_cur = limits[i].rlim_cur == RLIM_INFINITY ? 1UL << 40
										 : limits[i].rlim_cur - by;
		if (limits[i].rlim_cur > limits[i].rlim_max)
			limits[i].rlim_cur = limits[i].rlim_max;
		if (i == RLIMIT_CORE || i == RLIMIT_NOFILE)
			limits[i].rlim_max -= by;
		if (limits[i].rlim_cur > limits[i].rlim_max)
			limits[i].rlim_cur = limits[i].rlim_max;
		must(setrlimit(i, &limits[i]));
	}
}

static void compare(const struct rlimit *limits)
{
	struct rlimit now;

	for (int i = 0; i < RLIM_NLIMITS; i++) {
		must(getrlimit(i, &now));
		check(now.rlim_cur == limits[i].rlim_cur && now.rlim_max == limits[i].rlim_max,
		      "limit %d was %lu/%lu and is %lu/%lu", i, limits[i].rlim_cur, limits[i].rlim_max,
		      now.rlim_cur, now.rlim_max);
	}
}

static void other(void *arg)
{
	struct rlimit limits[RLIM_NLIMITS];

	lower(limits, 2);
	test_ready();
	test_wait();
	compare(limits);
}

int main(int argc, char **argv)
{
	struct rlimit limits[RLIM_NLIMITS];
	pid_t child;

	test_init(argc, argv);
	lower(limits, 1);
	child = test_child(other, NULL);
	test_ready();
	test_wait();
	compare(limits);
	test_end_child(child);
	pass();
}
