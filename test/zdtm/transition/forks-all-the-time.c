// SPDX-License-Identifier: GPL-2.0-only
/* Chains of processes: each forks the next and ends, so that no process lives long; a subreaper inherits all of them. A
 * counter in shared memory tells that none was lost.
 *
 * not-compared: children threads mappings descriptors positions pending
 */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHAINS 4
#define LIFE_USEC 3000

struct counters {
	int stop;
	int generation[CHAINS], ended[CHAINS];
};

static struct counters *counters;

static void __attribute__((noreturn)) chain(int which)
{
	pid_t pid;

	while (!__atomic_load_n(&counters->stop, __ATOMIC_SEQ_CST)) {
		__atomic_fetch_add(&counters->generation[which], 1, __ATOMIC_SEQ_CST);
		/* While the subreaper is stopped nobody waits for the dead: let them not become too many. */
		usleep(LIFE_USEC);
		pid = must(fork());
		if (pid)
			_exit(0);
	}
	__atomic_store_n(&counters->ended[which], 1, __ATOMIC_SEQ_CST);
	_exit(0);
}

static void reap(int signal)
{
	int saved = errno;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	errno = saved;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = reap, .sa_flags = SA_RESTART };
	int before[CHAINS];

	test_init(argc, argv);
	counters = mmap(NULL, sizeof(*counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(counters != MAP_FAILED, "no shared memory");
	must(prctl(PR_SET_CHILD_SUBREAPER, 1));
	must(sigaction(SIGCHLD, &action, NULL));
	for (int i = 0; i < CHAINS; i++) {
		if (must(fork()))
			continue;
		test_leave_starter();
		signal(SIGCHLD, SIG_DFL);
		chain(i);
	}
	test_ready();
	test_wait();
	for (int i = 0; i < CHAINS; i++)
		before[i] = __atomic_load_n(&counters->generation[i], __ATOMIC_SEQ_CST);
	for (int i = 0; i < CHAINS; i++)
		while (__atomic_load_n(&counters->generation[i], __ATOMIC_SEQ_CST) < before[i] + 2)
			usleep(1000);
	__atomic_store_n(&counters->stop, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < CHAINS; i++)
		while (!__atomic_load_n(&counters->ended[i], __ATOMIC_SEQ_CST))
			usleep(1000);
	pass();
}
