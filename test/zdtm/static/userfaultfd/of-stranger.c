// SPDX-License-Identifier: GPL-2.0-only
/* A process outside, forked from this one and alike, has given away a userfaultfd for its memory and closed its own. That it
 * is not for the memory of this one is found when something of the dump's own lies there.
 *
 * skip-if: no-userfaultfd
 * refuses: works on memory of a process that is not in the tree
 * kinds: userfaultfd registered_memory
 */
#include "faults.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

/* Not ours any more, but init's. Tells its number of it, and closes it when it gets a byte. */
static pid_t start_stranger(int told[2], int hold[2])
{
	pid_t pid = (pid_t)must(fork());
	int answer[2];

	if (pid)
		return pid;
	if (fork())
		_exit(0);
	setsid();
	test_leave_starter();
	answer[0] = faults_open(0);
	answer[1] = getpid();
	must(write(told[1], answer, sizeof(answer)));
	must(read(hold[0], &answer[1], 1));
	for (int i = 0; i < 2; i++) {
		close(told[i]);
		close(hold[i]);
	}
	close(answer[0]);
	for (;;)
		pause();
}

static int take(pid_t pid, int number)
{
	int pidfd = must(syscall(SYS_pidfd_open, pid, 0)), fd = must(syscall(SYS_pidfd_getfd, pidfd, number, 0));

	close(pidfd);
	return fd;
}

static bool has_descriptor(pid_t pid, int number)
{
	char path[64], link[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, number);
	return readlink(path, link, sizeof(link)) > 0;
}

int main(int argc, char **argv)
{
	char *volatile heap;
	int fd, answer[2], told[2], hold[2];
	struct uffdio_range range = { .start = 4096, .len = TEST_PAGE };

	test_init(argc, argv);
	heap = malloc(1 << 16); /* it is there before they part */
	free(heap);
	must(pipe(told));
	must(pipe(hold));
	must(waitpid(start_stranger(told, hold), NULL, 0));
	must(read(told[0], answer, sizeof(answer)));
	fd = take(answer[1], answer[0]);
	must(write(hold[1], "", 1));
	while (has_descriptor(answer[1], answer[0]))
		usleep(1000);
	for (int i = 0; i < 2; i++) {
		close(told[i]);
		close(hold[i]);
	}

	test_ready();
	test_wait();

	range.start = (uintptr_t)faults_map(1);
	check(ioctl(fd, UFFDIO_WAKE, &range) == 0, "the descriptor is another");
	must(kill(answer[1], SIGKILL));
	while (kill(answer[1], 0) == 0)
		usleep(1000);
	pass();
}
