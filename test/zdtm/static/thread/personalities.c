// SPDX-License-Identifier: GPL-2.0-only
/* A thread with another personality than that of its process (personality(2) is of a thread), a parent death signal
 * and a timer slack of its own.
 *
 * flavours: host ns uns
 * kinds: identity
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>

#define ASK 0xffffffff

static pthread_barrier_t barrier;

static void *work(void *arg)
{
	int sig = 0;

	check(personality(UNAME26 | SHORT_INODE) >= 0, "personality cannot be set");
	must(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	must(prctl(PR_SET_TIMERSLACK, 777777));
	pthread_barrier_wait(&barrier);
	test_wait();
	check(personality(ASK) == (UNAME26 | SHORT_INODE), "personality is %#x", personality(ASK));
	must(prctl(PR_GET_PDEATHSIG, &sig));
	check(sig == SIGUSR1, "parent death signal is %d", sig);
	check(prctl(PR_GET_TIMERSLACK) == 777777, "timer slack is %d", prctl(PR_GET_TIMERSLACK));
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int before, sig = -1;

	test_init(argc, argv);
	/* Its starter ends. */
	signal(SIGUSR1, SIG_IGN);
	before = personality(ASK);
	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	check(personality(ASK) == before, "personality of the first thread is %#x", personality(ASK));
	must(prctl(PR_GET_PDEATHSIG, &sig));
	check(sig == 0, "parent death signal of the first thread is %d", sig);
	pthread_join(thread, NULL);
	pass();
}
