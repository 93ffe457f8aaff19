// SPDX-License-Identifier: GPL-2.0-only
/* A tree of 300 processes, three levels deep, whose leaves fork and wait for children all the time; each leaf counts them,
 * and every status arrives at who forked.
 *
 * flavours: host ns
 * not-compared: children
 * timeout: 180
 */
#include "test.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BRANCHES 14
#define LEAVES 20
#define ALL (BRANCHES * LEAVES)

static struct {
	int stop;
	unsigned long forked[ALL], waited[ALL];
} *shared;

static void leaf(void *arg)
{
	int number = *(int *)arg;

	test_ready();
	while (!__atomic_load_n(&shared->stop, __ATOMIC_SEQ_CST)) {
		int code = shared->forked[number]++ % 200, status;
		pid_t pid = must(fork());

		if (!pid)
			_exit(code);
		must(waitpid(pid, &status, 0));
		check(WIFEXITED(status) && WEXITSTATUS(status) == code, "leaf %d: status %#x", number, status);
		shared->waited[number]++;
		usleep(20000);
	}
}

static void end_all(int count)
{
	int status;

	for (int i = 0; i < count; i++) {
		must(wait(&status));
		check(!status, "status %#x", status);
	}
	check(wait(NULL) < 0, "there is a child too many");
}

static void branch(void *arg)
{
	for (int i = *(int *)arg * LEAVES, end = i + LEAVES; i < end; i++)
		test_child(leaf, &i);
	test_ready();
	end_all(LEAVES);
}

int main(int argc, char **argv)
{
	test_init(argc, argv);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(shared != MAP_FAILED, "no shared memory");
	for (int i = 0; i < BRANCHES; i++)
		test_child(branch, &i);
	for (int i = 0; i < ALL; i++)
		while (!__atomic_load_n(&shared->waited[i], __ATOMIC_SEQ_CST))
			usleep(1000);
	test_ready();
	test_wait();
	__atomic_store_n(&shared->stop, 1, __ATOMIC_SEQ_CST);
	end_all(BRANCHES);
	for (int i = 0; i < ALL; i++)
		check(shared->forked[i] == shared->waited[i], "leaf %d forked %lu and waited for %lu", i, shared->forked[i],
		      shared->waited[i]);
	pass();
}
