// SPDX-License-Identifier: GPL-2.0-only
/* What a container runtime does: a long filter installed with CAP_SYS_ADMIN, then all rights and ids given up, without
 * no_new_privs. Threads and children have it too.
 *
 * flavours: host ns
 */
#include "filter.h"

#include <grp.h>
#include <pthread.h>

#define NOBODY 65534
#define RULES 400

/* A list like that of libseccomp: one comparison after the other. */
static void install_long(void)
{
	static struct sock_filter code[2 * RULES + 4];
	unsigned short n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (unsigned int i = 0; i < RULES; i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1000 + i, 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, with_errno(1 + i));
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	must(install(code, n, 0));
}

static pthread_barrier_t started;

static void *sleeper(void *arg)
{
	pthread_barrier_wait(&started);
	test_wait();
	check(errno_of(1000 + 77) == 78, "the thread is not under the filter");
	return NULL;
}

static void body(void *arg)
{
	test_ready();
	test_wait();
	check(errno_of(1000 + 399) == 400, "the child is not under the filter");
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t pid;

	test_init(argc, argv);
	install_long();
	must(setgroups(0, NULL));
	must(setresgid(NOBODY, NOBODY, NOBODY));
	must(setresuid(NOBODY, NOBODY, NOBODY));
	must(prctl(PR_SET_DUMPABLE, 1));
	pid = test_child(body, NULL);
	check(!pthread_barrier_init(&started, NULL, 2), "no barrier");
	check(!pthread_create(&thread, NULL, sleeper, NULL), "no thread");
	pthread_barrier_wait(&started);
	test_ready();
	test_wait();
	pthread_join(thread, NULL);
	check(errno_of(1000) == 1, "the filter is gone");
	check(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0, "no_new_privs has come");
	check(setuid(0) < 0, "rights have come back");
	test_end_child(pid);
	pass();
}
