// SPDX-License-Identifier: GPL-2.0-only
/* A registration for messages whose task has executed a program since, and so would get no signal, and one of a process
 * that has a thread with a table of its own are refused by name, and stay.
 *
 * refuses: has executed a program since; in the one table of its descriptors
 * skip-if: no-kernel-types
 * kinds: mqueue mqueue_notices
 */
#include "test.h"

#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct sigevent wanted = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
static int up[2], down[2];

static int make(void)
{
	struct mq_attr attributes = { .mq_maxmsg = 2, .mq_msgsize = 8 };
	int queue = must(mq_open("/criu-test-notice", O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));

	must(mq_unlink("/criu-test-notice"));
	must(fcntl(queue, F_SETFD, 0));
	return queue;
}

/* Waits on the standard input for its end. */
static void execute(int queue)
{
	test_leave_starter();
	must(mq_notify(queue, &wanted));
	must(dup2(down[0], 0));
	must(dup2(up[1], 1));
	must(close_range(queue + 1, ~0U, CLOSE_RANGE_CLOEXEC));
	setenv("CRIU_TEST_EXECUTED", "1", 1);
	must(execl("/proc/self/exe", "refused-notice", NULL));
}

/* The executed program is in its read. */
static void wait_for_read(pid_t child)
{
	int number = -1, descriptor = -1;
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/syscall", child);
	while (number != SYS_read || descriptor != 0) {
		FILE *file = fopen(name, "re");

		check(file != NULL, "%s cannot be opened", name);
		if (fscanf(file, "%d %i", &number, &descriptor) != 2)
			number = -1;
		fclose(file);
	}
}

static void *own_table(void *argument)
{
	pid_t self = gettid();
	char byte;

	must(unshare(CLONE_FILES));
	test_leave_starter();
	must(write(up[1], &self, sizeof(self)));
	must(close(down[1]));
	must(read(down[0], &byte, 1));
	return argument;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int first, second;
	pid_t child, waiting;
	char byte;

	if (getenv("CRIU_TEST_EXECUTED"))
		return write(1, "", 1) == 1 && read(0, &byte, 1) == 0 ? 0 : 1;
	test_init(argc, argv);
	first = make();
	second = make();
	must(pipe2(up, O_CLOEXEC));
	must(pipe2(down, O_CLOEXEC));
	child = must(fork());
	if (child == 0)
		execute(first);
	must(read(up[0], &byte, 1));
	wait_for_read(child);
	must(mq_notify(second, &wanted));
	check(pthread_create(&thread, NULL, own_table, NULL) == 0, "no thread");
	must(read(up[0], &waiting, sizeof(waiting)));
	test_wait_blocked(waiting, SYS_read);
	test_ready();
	test_wait();
	must(close(down[1]));
	check(pthread_join(thread, NULL) == 0, "the thread has not ended");
	must(waitpid(child, NULL, 0));
	pass();
}
