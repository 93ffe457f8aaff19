// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors that cannot be kept are refused by name: held outside as well, not set up, for memory that is gone, for that
 * of one of two processes which are alike. They go on.
 *
 * skip-if: no-userfaultfd
 * refuses: held outside of the tree as well, by process; has not been set up; its process has ended; they are alike
 * kinds: userfaultfd registered_memory
 */
#include "faults.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static int take(pid_t pid, int number)
{
	int pidfd = must(syscall(SYS_pidfd_open, pid, 0)), fd = must(syscall(SYS_pidfd_getfd, pidfd, number, 0));

	close(pidfd);
	return fd;
}

/* A process that has opened one, outside of the tree or in it; it keeps it until it gets a byte. */
static pid_t start_opener(int *ret_fd, int hold[2], bool outside)
{
	int told[2], answer[2];
	pid_t pid;

	must(pipe(told));
	must(pipe(hold));
	pid = (pid_t)must(fork());
	if (pid == 0) {
		if (outside && fork())
			_exit(0);
		if (outside)
			setsid();
		prctl(PR_SET_PDEATHSIG, outside ? 0 : SIGKILL);
		test_leave_starter();
		answer[0] = faults_open(0);
		answer[1] = getpid();
		must(write(told[1], answer, sizeof(answer)));
		close(told[0]);
		close(told[1]);
		close(hold[1]);
		must(read(hold[0], &answer[1], 1));
		close(answer[0]);
		for (;;)
			pause();
	}
	if (outside)
		must(waitpid(pid, NULL, 0));
	must(read(told[0], answer, sizeof(answer)));
	close(told[0]);
	close(told[1]);
	close(hold[0]);
	*ret_fd = take(answer[1], answer[0]);
	return answer[1];
}

int main(int argc, char **argv)
{
	int fds[5], hold[4][2];
	pid_t outside, dead, twins[2];
	struct uffdio_api api = { .api = UFFD_API };

	test_init(argc, argv);
	outside = start_opener(&fds[0], hold[0], true);
	dead = start_opener(&fds[1], hold[1], false);
	kill(dead, SIGKILL);
	must(waitpid(dead, NULL, 0));
	twins[0] = start_opener(&fds[2], hold[2], false);
	twins[1] = start_opener(&fds[3], hold[3], false);
	fds[4] = must(syscall(SYS_userfaultfd, O_CLOEXEC));

	test_ready();
	test_wait();

	must(ioctl(fds[4], UFFDIO_API, &api));
	faults_register(fds[4], faults_map(1), 1, UFFDIO_REGISTER_MODE_MISSING);
	for (int i = 0; i < 2; i++) {
		kill(twins[i], SIGKILL);
		must(waitpid(twins[i], NULL, 0));
	}
	kill(outside, SIGKILL);
	while (kill(outside, 0) == 0)
		usleep(1000);
	pass();
}
