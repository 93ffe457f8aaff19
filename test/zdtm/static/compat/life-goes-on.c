// SPDX-License-Identifier: GPL-2.0-only
/* A restored 32-bit program makes threads and children, runs itself anew, and uses its rseq area as before.
 *
 * flavours: compat
 * kinds: compat thread_area
 */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static __thread int number = 5;

static void *work(void *arg)
{
	number++;
	check(number == 6, "thread-local storage of a new thread is %d", number);
	return arg;
}

static void expect_zero(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0));
	check(WIFEXITED(status) && !WEXITSTATUS(status), "a child ended with %#x", status);
}

static void try_rseq(void)
{
	struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);

	if (!__rseq_size)
		return;
	check(syscall(SYS_rseq, area, sizeof(*area), 0, RSEQ_SIG) == -1 && errno == EBUSY,
	      "rseq is not registered where it was: errno %d", errno);
	sched_yield();
	check(area->cpu_id < 4096, "processor %u by rseq", area->cpu_id);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	void *result;
	pid_t pid;

	if (argc > 1 && !strcmp(argv[1], "again"))
		return sizeof(void *) != 4;
	test_init(argc, argv);
	test_ready();
	test_wait();
	try_rseq();
	check(!pthread_create(&thread, NULL, work, &number) && !pthread_join(thread, &result) && result == &number,
	      "no thread");
	pid = must(fork());
	if (!pid)
		_exit(number != 5);
	expect_zero(pid);
	pid = must(vfork());
	if (!pid) {
		execl("/proc/self/exe", "itself", "again", NULL);
		_exit(99);
	}
	expect_zero(pid);
	pass();
}
