// SPDX-License-Identifier: GPL-2.0-only
/* A child handles the faults of its parent, which has closed its own descriptor and registers no memory itself. The child
 * gets events of what the parent does with its memory, too.
 *
 * skip-if: no-userfaultfd
 * kinds: userfaultfd registered_memory
 * flavours: host compat
 */
#include "faults.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define FEATURES (UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_EVENT_UNMAP | UFFD_FEATURE_EVENT_REMAP)

/* Answers to a pipe: the event, and where. */
static void monitor(int fd, int answers)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	test_leave_starter();
	for (;;) {
		struct uffd_msg message = faults_next(fd);
		uint64_t answer[2] = { message.event, message.arg.remove.start };

		if (message.event == UFFD_EVENT_PAGEFAULT) {
			answer[1] = message.arg.pagefault.address & ~(TEST_PAGE - 1ULL);
			faults_copy(fd, (uint8_t *)(uintptr_t)answer[1], 0x55);
		}
		must(write(answers, answer, sizeof(answer)));
	}
}

static void expect(int answers, uint64_t event, const uint8_t *where)
{
	uint64_t answer[2];

	must(read(answers, answer, sizeof(answer)));
	check(answer[0] == event && answer[1] == (uintptr_t)where, "event %#lx at %lx", (long)answer[0],
	      (long)answer[1]);
}

int main(int argc, char **argv)
{
	uint8_t *memory;
	int fd, answers[2];
	pid_t child;

	test_init(argc, argv);
	fd = faults_open(FEATURES);
	memory = faults_map(16);
	must(pipe(answers));
	child = (pid_t)must(fork());
	if (child == 0)
		monitor(fd, answers[1]);
	faults_register(fd, memory, 8, UFFDIO_REGISTER_MODE_MISSING);
	close(fd);
	check(PAGE(memory, 2)[1] == 0x55, "nobody serves");
	expect(answers[0], UFFD_EVENT_PAGEFAULT, PAGE(memory, 2));

	test_ready();
	test_wait();

	check(PAGE(memory, 2)[1] == 0x55, "memory has changed");
	check(!faults_is_there(PAGE(memory, 3)), "a page is not missing any more");
	check(PAGE(memory, 3)[1] == 0x55, "nobody serves");
	expect(answers[0], UFFD_EVENT_PAGEFAULT, PAGE(memory, 3));
	check(PAGE(memory, 9)[1] == 0, "memory that is not registered has changed");
	must(madvise(PAGE(memory, 2), TEST_PAGE, MADV_DONTNEED));
	expect(answers[0], UFFD_EVENT_REMOVE, PAGE(memory, 2));
	must(munmap(PAGE(memory, 4), TEST_PAGE));
	expect(answers[0], UFFD_EVENT_UNMAP, PAGE(memory, 4));
	kill(child, SIGKILL);
	must(waitpid(child, NULL, 0));
	pass();
}
