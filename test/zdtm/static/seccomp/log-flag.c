// SPDX-License-Identifier: GPL-2.0-only
/* SECCOMP_FILTER_FLAG_LOG belongs to one filter of a chain, not to the others.
 *
 * flavours: host ns
 */
#include "filter.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

#define GET_METADATA 0x420d

static void body(void *arg)
{
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(answer(SYS_getpgid, with_errno(11), 0));
	must(answer(SYS_getpgid, with_errno(12), SECCOMP_FILTER_FLAG_LOG));
	must(answer(SYS_getpgid, with_errno(13), 0));
	test_ready();
	test_wait();
}

static uint64_t flags_of(pid_t pid, uint64_t number)
{
	struct {
		uint64_t number, flags;
	} metadata = { .number = number };

	must(ptrace(GET_METADATA, pid, sizeof(metadata), &metadata));
	return metadata.flags;
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	test_init(argc, argv);
	pid = test_child(body, NULL);
	test_ready();
	test_wait();
	must(ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	must(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL));
	must(waitpid(pid, &status, 0));
	for (uint64_t i = 0; i < 3; i++)
		check(flags_of(pid, i) == (i == 1 ? SECCOMP_FILTER_FLAG_LOG : 0), "filter %d has flags %#lx",
		      (int)i, (long)flags_of(pid, i));
	must(ptrace(PTRACE_DETACH, pid, NULL, NULL));
	test_end_child(pid);
	pass();
}
