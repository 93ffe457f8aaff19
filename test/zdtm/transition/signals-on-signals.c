// SPDX-License-Identifier: GPL-2.0-only
/* Threads of two processes queue numbered signals to each other all the time; a handler on an alternate stack is
 * interrupted by that of another signal. As many come as are sent, and the numbers have the same sum.
 *
 * flavours: host ns
 * iterations: 10
 * not-compared: pending mappings SigBlk
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define WINDOW 40 /* on their way at the same time, far below RLIMIT_SIGPENDING */

static struct {
	pid_t pid[2];
	int stop, senders;
	unsigned long sent, received, sum_sent, sum_received;
} * shared;
static const int signals[] = { 34 + 1, 34 + 2, 34 + 3 };

static void handler(int sig, siginfo_t *info, void *context)
{
	check(info->si_code == SI_QUEUE && info->si_pid == shared->pid[getpid() == shared->pid[0]],
	      "signal %d of code %d from %d", sig, info->si_code, info->si_pid);
	__atomic_add_fetch(&shared->sum_received, info->si_value.sival_int, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&shared->received, 1, __ATOMIC_SEQ_CST);
}

static bool on_their_way(void)
{
	return __atomic_load_n(&shared->received, __ATOMIC_SEQ_CST) <
	       __atomic_load_n(&shared->sent, __ATOMIC_SEQ_CST);
}

static void *sender(void *arg)
{
	uint8_t *stack = malloc(64 * 1024);
	stack_t alternate = { .ss_sp = stack, .ss_size = 64 * 1024 };
	pid_t other = *(pid_t *)arg;

	must(sigaltstack(&alternate, NULL));
	__atomic_add_fetch(&shared->senders, 1, __ATOMIC_SEQ_CST);
	for (int number = 1; !__atomic_load_n(&shared->stop, __ATOMIC_SEQ_CST); number++) {
		while (shared->sent - shared->received > WINDOW)
			usleep(50);
		__atomic_add_fetch(&shared->sum_sent, number, __ATOMIC_SEQ_CST);
		__atomic_add_fetch(&shared->sent, 1, __ATOMIC_SEQ_CST);
		must(sigqueue(other, signals[number % 3], (union sigval){ .sival_int = number }));
	}
	return NULL;
}

static void both(int self)
{
	pthread_t thread[2];

	for (int i = 0; i < 2; i++)
		check(!pthread_create(&thread[i], NULL, sender, &shared->pid[!self]), "no thread");
	while (__atomic_load_n(&shared->senders, __ATOMIC_SEQ_CST) < (self ? 2 : 4))
		usleep(100);
	test_ready();
	test_wait();
	__atomic_store_n(&shared->stop, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	for (int i = 0; i < 20000 && on_their_way(); i++)
		usleep(1000);
}

static void child(void *arg)
{
	shared->pid[1] = getpid();
	both(1);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK };
	pid_t pid;

	test_init(argc, argv);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(shared != MAP_FAILED, "no shared memory");
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		must(sigaction(signals[i], &action, NULL));
	shared->pid[0] = getpid();
	pid = test_child(child, NULL);
	both(0);
	test_end_child(pid);
	check(shared->sent == shared->received && shared->sum_sent == shared->sum_received,
	      "%lu signals were sent, %lu came; their sums are %lu and %lu", shared->sent, shared->received,
	      shared->sum_sent, shared->sum_received);
	pass();
}
