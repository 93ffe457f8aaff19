// SPDX-License-Identifier: GPL-2.0-only
/* A thread that has gone into an IPC namespace alone, a process whose children will be in another time namespace, and one
 * in an IPC namespace that is not that of the root: each is named.
 *
 * refuses: is not that of its process; namespace 'time_for_children; is not that of task; refused for 3 reasons
 * kinds: namespace_ids
 */
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static void *part(void *arg)
{
	must(unshare(CLONE_NEWIPC));
	test_ready();
	test_wait();
	return NULL;
}

static void with_thread(void *arg)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, part, NULL), "no thread");
	pthread_join(thread, NULL);
}

static void expecting(void *arg)
{
	must(unshare(CLONE_NEWTIME));
	test_ready();
	test_wait();
}

static void alone(void *arg)
{
	part(arg);
}

int main(int argc, char **argv)
{
	void (*const bodies[])(void *arg) = { with_thread, expecting, alone };
	pid_t pids[ARRAY_SIZE(bodies)];

	test_init(argc, argv);
	if (access("/proc/self/ns/time_for_children", F_OK) < 0)
		skip("this kernel has no time namespaces");
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		pids[i] = test_child(bodies[i], NULL);
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		test_end_child(pids[i]);
	pass();
}
