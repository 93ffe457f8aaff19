// SPDX-License-Identifier: GPL-2.0-only
/* Who opens a set of semaphores that another makes waits until that one has used it for the first time (sem_otime is not 0):
 * sets that were used are so afterwards, with whatever values, and those that only have got their values are not.
 *
 * flavours: host
 * kinds: ipc semaphores
 * iterations: 2
 */
#include "test.h"

#include <sched.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <unistd.h>

union semun {
	int val;
	struct semid_ds *buf;
};

static int make(int value)
{
	int set = must(semget(IPC_PRIVATE, 2, 0600));

	must(semctl(set, 0, SETVAL, (union semun){ .val = value }));
	return set;
}

static void use(int set)
{
	struct sembuf up = { .sem_num = 1, .sem_op = 1 };

	must(semop(set, &up, 1));
}

static bool was_used(int set)
{
	struct semid_ds ds;

	must(semctl(set, 0, IPC_STAT, (union semun){ .buf = &ds }));
	return ds.sem_otime != 0;
}

int main(int argc, char **argv)
{
	int fresh, used, empty, full;

	test_init(argc, argv);
	must(unshare(CLONE_NEWIPC));
	fresh = make(3);
	used = make(3);
	empty = make(0);
	full = make(32767);
	use(used);
	use(empty);
	use(full);
	test_ready();
	test_wait();
	check(!was_used(fresh), "the set counts as used");
	check(was_used(used) && was_used(empty) && was_used(full), "a set counts as not used");
	check(must(semctl(fresh, 0, GETVAL)) == 3 && must(semctl(used, 0, GETVAL)) == 3, "values");
	check(must(semctl(empty, 0, GETVAL)) == 0 && must(semctl(full, 0, GETVAL)) == 32767, "values");
	check(must(semctl(used, 1, GETVAL)) == 1 && must(semctl(fresh, 1, GETVAL)) == 0, "values");
	check(must(semctl(fresh, 0, GETPID)) == getpid(), "another has given it its value");
	pass();
}
