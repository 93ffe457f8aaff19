// SPDX-License-Identifier: GPL-2.0-only
/* Threads with a current directory, a umask and a root directory of their own (unshare).
 *
 * flavours: host ns
 */
#include "test.h"

#include <linux/kcmp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOVED, ROOTED, NR };

static int phase, wrong[NR];
static pid_t tids[NR];

static void set_ready_and_wait(int who)
{
	__atomic_store_n(&tids[who], (pid_t)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&phase, __ATOMIC_SEQ_CST))
		usleep(1000);
}

static void *moved(void *arg)
{
	must(unshare(CLONE_FS));
	must(chdir("one"));
	umask(0011);
	set_ready_and_wait(MOVED);
	wrong[MOVED] = access("here-is-one", F_OK) || umask(0) != 0011;
	return NULL;
}

static void *rooted(void *arg)
{
	must(unshare(CLONE_FS));
	must(chroot("two"));
	must(chdir("/inner"));
	umask(0022);
	set_ready_and_wait(ROOTED);
	wrong[ROOTED] = access("/inner", F_OK) || access("../inner", F_OK) || umask(0) != 0022;
	return NULL;
}

int main(int argc, char **argv)
{
	void *(*const bodies[NR])(void *) = { moved, rooted };
	pthread_t threads[NR];

	test_init(argc, argv);
	must(mkdir("one", 0700));
	must(mkdir("one/here-is-one", 0700));
	must(mkdir("two", 0700));
	must(mkdir("two/inner", 0700));
	umask(0077);
	for (int i = 0; i < NR; i++)
		check(!pthread_create(&threads[i], NULL, bodies[i], NULL), "no thread");
	for (int i = 0; i < NR; i++)
		while (!__atomic_load_n(&tids[i], __ATOMIC_SEQ_CST))
			usleep(1000);
	test_ready();
	test_wait();
	for (int i = 0; i < NR; i++)
		check(must(syscall(SYS_kcmp, getpid(), tids[i], KCMP_FS, 0, 0)) != 0,
		      "thread %d shares ours now", i);
	check(access("one", F_OK) == 0, "our current directory is lost");
	check(umask(0) == 0077, "our umask is lost");
	__atomic_store_n(&phase, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < NR; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < NR; i++)
		check(!wrong[i], "thread %d is not where it was", i);
	pass();
}
