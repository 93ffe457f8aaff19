// SPDX-License-Identifier: GPL-2.0-only
/* Children that execute this program anew without pause, one from its leader, one from another thread, which ends the
 * leader and takes its number over.
 *
 * not-compared: children threads mappings descriptors positions pending
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OF_LEADER, OF_THREAD, NR };

static char *self;

static void *execute(void *name)
{
	char *const argv[] = { self, name, NULL };

	execv(self, argv);
	_exit(TEST_FAIL);
}

/* An executed copy: goes on with the next; SIGTERM ends it. */
static void next_round(char *name)
{
	pthread_t thread;

	signal(SIGTERM, SIG_DFL);
	if (!strcmp(name, "leader"))
		execute(name);
	check(!pthread_create(&thread, NULL, execute, name), "no thread");
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	static char names[NR][8] = { "leader", "thread" };
	pid_t pids[NR];
	int status;

	self = realpath("/proc/self/exe", NULL);
	if (argc == 2)
		next_round(argv[1]);
	test_init(argc, argv);
	for (int i = 0; i < NR; i++) {
		pids[i] = must(fork());
		if (!pids[i]) {
			test_leave_starter();
			next_round(names[i]);
		}
	}
	test_ready();
	test_wait();
	for (int i = 0; i < NR; i++) {
		check(waitpid(pids[i], &status, WNOHANG) == 0, "child %d ended by itself with %#x", i,
		      (unsigned int)status);
		must(kill(pids[i], SIGTERM));
		must(waitpid(pids[i], &status, 0));
		check(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "child %d ended with %#x", i,
		      (unsigned int)status);
	}
	pass();
}
