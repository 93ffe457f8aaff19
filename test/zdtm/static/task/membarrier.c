// SPDX-License-Identifier: GPL-2.0-only
/* Registrations for membarrier(2): each command that had to be registered goes on working, and one that was not asked
 * for is not there.
 *
 * flavours: host ns
 * kinds: identity
 */
#include "test.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MEMBARRIER_CMD_GET_REGISTRATIONS
#define GET_REGISTRATIONS (1 << 9)
#else
#define GET_REGISTRATIONS MEMBARRIER_CMD_GET_REGISTRATIONS
#endif

static const struct {
	int enroll, command;
} pairs[] = {
	{ MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, MEMBARRIER_CMD_GLOBAL_EXPEDITED },
	{ MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, MEMBARRIER_CMD_PRIVATE_EXPEDITED },
	{ MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE },
	{ MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ },
};

static int membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0);
}

/* Registers one of them alone. */
static void child(void *arg)
{
	int number = (uintptr_t)arg, before;

	must(membarrier(pairs[number].enroll));
	before = membarrier(GET_REGISTRATIONS);
	test_ready();
	test_wait();
	/* Before Linux 6.3 both are the same error. */
	check(membarrier(GET_REGISTRATIONS) == before, "registrations %#x became %#x", before,
	      membarrier(GET_REGISTRATIONS));
	must(membarrier(pairs[number].command));
}

int main(int argc, char **argv)
{
	int known, nr = 0;
	pid_t pids[ARRAY_SIZE(pairs)];

	test_init(argc, argv);
	known = must(membarrier(MEMBARRIER_CMD_QUERY));
	for (uintptr_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (known & pairs[i].enroll)
			pids[nr++] = test_child(child, (void *)i);
	test_ready();
	test_wait();
	check(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == -1 && errno == EPERM, "something was registered");
	while (nr-- > 0)
		test_end_child(pids[nr]);
	pass();
}
