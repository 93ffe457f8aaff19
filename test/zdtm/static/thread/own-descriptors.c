// SPDX-License-Identifier: GPL-2.0-only
/* Threads with a descriptor table of their own (unshare): one alone, and two that share theirs with each other. A file
 * that was open before is one description in all tables, and each has a file that the others lack.
 *
 * flavours: host ns
 */
#include "test.h"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ALONE, FIRST, SECOND, NR };

static int common, phase;
static pid_t tids[NR];
static int wrong[NR];

static void open_at(const char *name, int number)
{
	int fd = must(open(name, O_RDWR | O_CREAT, 0600));

	must(write(fd, name, strlen(name)));
	must(dup3(fd, number, O_CLOEXEC));
	must(close(fd));
}

static void set_ready(int who)
{
	__atomic_store_n(&tids[who], (pid_t)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
}

static void wait_phase(void)
{
	while (!__atomic_load_n(&phase, __ATOMIC_SEQ_CST))
		usleep(1000);
}

/* @number with the offset of what was written and its flag, the common one, and not @other. */
static int look(int number, off_t offset, int other)
{
	return lseek(number, 0, SEEK_CUR) != offset || fcntl(number, F_GETFD) != FD_CLOEXEC ||
	       fcntl(other, F_GETFD) >= 0 || lseek(common, 0, SEEK_CUR) != 6;
}

static void *alone(void *arg)
{
	must(unshare(CLONE_FILES));
	test_leave_starter();
	open_at("alone", 60);
	set_ready(ALONE);
	wait_phase();
	wrong[ALONE] = look(60, 5, 61);
	return NULL;
}

static void *second(void *arg)
{
	set_ready(SECOND);
	wait_phase();
	wrong[SECOND] = look(61, 6, 60);
	return NULL;
}

static void *first(void *arg)
{
	pthread_t thread;

	must(unshare(CLONE_FILES));
	test_leave_starter();
	open_at("paired", 61);
	check(!pthread_create(&thread, NULL, second, NULL), "no second thread");
	set_ready(FIRST);
	wait_phase();
	wrong[FIRST] = look(61, 6, 60);
	pthread_join(thread, NULL);
	return NULL;
}

static bool is_same(pid_t a, pid_t b, int kind, unsigned long one, unsigned long other)
{
	return must(syscall(SYS_kcmp, a, b, kind, one, other)) == 0;
}

int main(int argc, char **argv)
{
	void *(*const bodies[])(void *) = { alone, first };
	pthread_t threads[2];

	test_init(argc, argv);
	common = must(open("common", O_RDWR | O_CREAT, 0600));
	must(write(common, "common", 6));
	for (int i = 0; i < 2; i++)
		check(!pthread_create(&threads[i], NULL, bodies[i], NULL), "no thread");
	for (int i = 0; i < NR; i++)
		while (!__atomic_load_n(&tids[i], __ATOMIC_SEQ_CST))
			usleep(1000);
	test_ready();
	test_wait();
	check(!is_same(getpid(), tids[ALONE], KCMP_FILES, 0, 0), "the first thread shares our descriptors now");
	check(!is_same(getpid(), tids[FIRST], KCMP_FILES, 0, 0), "the second thread shares our descriptors now");
	check(is_same(tids[FIRST], tids[SECOND], KCMP_FILES, 0, 0), "two threads do not share theirs any more");
	for (int i = 0; i < NR; i++)
		check(is_same(getpid(), tids[i], KCMP_FILE, (unsigned long)common, (unsigned long)common),
		      "the common file is not one in thread %d", i);
	check(fcntl(60, F_GETFD) < 0 && fcntl(61, F_GETFD) < 0, "a descriptor of a thread is ours");
	__atomic_store_n(&phase, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < NR; i++)
		check(!wrong[i], "thread %d has not the descriptors that it had", i);
	pass();
}
