// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors that send signals (O_ASYNC, F_SETSIG) to a thread, to the process, to its group: whoever wrote before the
 * dump, what is written after the restore arrives where it should. User ids of the owner are kept, too.
 *
 * kinds: file_owner
 */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#ifndef F_GETOWNER_UIDS
#define F_GETOWNER_UIDS 17
#endif

static pid_t other;
static volatile pid_t receiver[3];
static volatile int descriptor[3];

static void note(int signal, siginfo_t *info, void *context)
{
	receiver[signal - SIGRTMIN] = gettid();
	descriptor[signal - SIGRTMIN] = info->si_fd;
}

static void *wait_in_thread(void *unused)
{
	__atomic_store_n(&other, gettid(), __ATOMIC_SEQ_CST);
	test_wait();
	while (!receiver[0])
		sched_yield();
	return NULL;
}

int main(int argc, char **argv)
{
	static const int types[] = { F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP };
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
	struct f_owner_ex owner, now;
	uid_t uids[2];
	pthread_t thread;
	int ends[3][2];

	test_init(argc, argv);
	check(!pthread_create(&thread, NULL, wait_in_thread, NULL), "pthread_create");
	while (!__atomic_load_n(&other, __ATOMIC_SEQ_CST))
		sched_yield();
	for (int i = 0; i < 3; i++) {
		must(sigaction(SIGRTMIN + i, &action, NULL));
		must(pipe(ends[i]));
		owner = (struct f_owner_ex){ types[i], i ? (i == 1 ? getpid() : getpgid(0)) : other };
		if (i == 1)
			must(setresuid(1000, 1001, 0));
		must(fcntl(ends[i][0], F_SETOWN_EX, &owner));
		if (i == 1)
			must(setresuid(0, 0, 0));
		must(fcntl(ends[i][0], F_SETSIG, SIGRTMIN + i));
		must(fcntl(ends[i][0], F_SETFL, O_ASYNC | O_NONBLOCK));
	}
	test_ready();
	test_wait();
	must(fcntl(ends[0][0], F_GETOWN_EX, &now));
	check(now.type == F_OWNER_TID && now.pid == other, "owner %d of type %d", now.pid, now.type);
	must(fcntl(ends[1][0], F_GETOWNER_UIDS, uids));
	check(uids[0] == 1000 && uids[1] == 1001, "user ids %u %u", uids[0], uids[1]);
	for (int i = 0; i < 3; i++) {
		check(fcntl(ends[i][0], F_GETFL) & O_ASYNC, "pipe %d: O_ASYNC is lost", i);
		if (i == 1) /* may not signal us: sent with the ids above */
			continue;
		must(write(ends[i][1], "x", 1));
		while (!receiver[i])
			sched_yield();
		check(descriptor[i] == ends[i][0], "pipe %d: descriptor %d", i, descriptor[i]);
	}
	check(receiver[0] == other, "thread %d got the signal of thread %d", receiver[0], other);
	check(!pthread_join(thread, NULL), "pthread_join");
	pass();
}
