// SPDX-License-Identifier: GPL-2.0-only
/* Speculation that a thread has disabled for itself (PR_SET_SPECULATION_CTRL), each kind that this machine lets choose.
 *
 * flavours: host ns
 */
#include "test.h"

#include <pthread.h>
#include <sys/prctl.h>

#ifndef PR_SPEC_L1D_FLUSH
#define PR_SPEC_L1D_FLUSH 2
#endif
#define KINDS (PR_SPEC_L1D_FLUSH + 1)

static pthread_barrier_t barrier;
static int choosable;

static int state(int kind)
{
	return prctl(PR_GET_SPECULATION_CTRL, kind, 0, 0, 0);
}

static int turned(int now)
{
	return now & PR_SPEC_ENABLE ? PR_SPEC_DISABLE : PR_SPEC_ENABLE;
}

static void *work(void *arg)
{
	int before[KINDS];

	for (int kind = 0; kind < KINDS; kind++) {
		int now = before[kind] = state(kind);

		if (now >= 0 && now & PR_SPEC_PRCTL && !prctl(PR_SET_SPECULATION_CTRL, kind, turned(now), 0, 0)) {
			before[kind] = state(kind);
			choosable++;
		}
	}
	pthread_barrier_wait(&barrier);
	test_wait();
	for (int kind = 0; kind < KINDS; kind++)
		check(state(kind) == before[kind], "kind %d was %#x and is %#x", kind, before[kind], state(kind));
	return NULL;
}

int main(int argc, char **argv)
{
	int before[KINDS];
	pthread_t thread;

	test_init(argc, argv);
	for (int kind = 0; kind < KINDS; kind++)
		before[kind] = state(kind);
	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	pthread_barrier_wait(&barrier);
	if (!choosable)
		skip("this machine lets a thread choose nothing");
	test_ready();
	test_wait();
	for (int kind = 0; kind < KINDS; kind++)
		check(state(kind) == before[kind], "of the other thread: kind %d was %#x and is %#x", kind,
		      before[kind], state(kind));
	pthread_join(thread, NULL);
	pass();
}
