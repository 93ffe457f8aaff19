// SPDX-License-Identifier: GPL-2.0-only
/* A relay: each process forks the next one and ends, so that parents, orphans and pids change all the time; the root
 * adopts every one. No runner gets lost, and each ends with the code that it chose.
 *
 * flavours: host ns
 * iterations: 10
 * not-compared: children pending
 */
#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNNERS 3
#define PACE \
	500 /* microseconds: full speed leaves a stopped root thousands of zombies and outruns who stops the tree */

static struct track {
	unsigned long started[RUNNERS], stop;
} * track;

static void run(void *arg)
{
	int runner = *(int *)arg;
	unsigned long number = ++track->started[runner];

	test_ready();
	while (!__atomic_load_n(&track->stop, __ATOMIC_SEQ_CST) && !must(fork())) {
		number = ++track->started[runner];
		usleep(PACE);
	}
	_exit(1 + runner * 50 + number % 50);
}

/* Statuses of one runner come in no order; their counts by exit code tell which are missing. */
static void expect_all(const unsigned long ended[256])
{
	for (int runner = 0; runner < RUNNERS; runner++)
		for (int i = 0; i < 50; i++) {
			unsigned long started = track->started[runner];
			unsigned long expected = started / 50 + (i && started % 50 >= (unsigned long)i);

			check(ended[1 + runner * 50 + i] == expected, "runner %d: %lu instead of %lu ended with %d",
			      runner, ended[1 + runner * 50 + i], expected, 1 + runner * 50 + i);
		}
}

int main(int argc, char **argv)
{
	unsigned long ended[256] = {};
	int status;

	test_init(argc, argv);
	must(prctl(PR_SET_CHILD_SUBREAPER, 1));
	track = mmap(NULL, sizeof(*track), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(track != MAP_FAILED, "no shared memory");
	for (int runner = 0; runner < RUNNERS; runner++)
		test_child(run, &runner);
	test_ready();
	while (wait(&status) > 0 || errno == EINTR) {
		check(WIFEXITED(status), "somebody ended with status %#x", status);
		ended[WEXITSTATUS(status)]++;
		if (test_stopped())
			__atomic_store_n(&track->stop, 1, __ATOMIC_SEQ_CST);
	}
	expect_all(ended);
	pass();
}
