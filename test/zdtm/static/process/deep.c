// SPDX-License-Identifier: GPL-2.0-only
/* A chain of 60 processes, each the child of the one before: numbers, parents and what each was given at birth.
 *
 * timeout: 60
 */
#include "test.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEPTH 60

static pid_t (*pids)[2]; /* of each: itself and its parent */

static void link_of_chain(void *arg)
{
	long depth = (long)arg, own = depth * 3;
	pid_t next = 0;

	pids[depth][0] = getpid();
	pids[depth][1] = getppid();
	if (depth + 1 < DEPTH)
		next = test_child(link_of_chain, (void *)(depth + 1));
	test_ready();
	test_wait();
	check(own == depth * 3, "process %ld has the memory of another", depth);
	check(getpid() == pids[depth][0], "process %ld has pid %d instead of %d", depth, getpid(), pids[depth][0]);
	check(getppid() == pids[depth][1], "process %ld has another parent", depth);
	if (next)
		test_end_child(next);
}

int main(int argc, char **argv)
{
	pid_t first;

	test_init(argc, argv);
	pids = mmap(NULL, DEPTH * sizeof(*pids), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(pids != MAP_FAILED, "no shared memory");
	first = test_child(link_of_chain, NULL);
	test_ready();
	test_wait();
	test_end_child(first);
	pass();
}
