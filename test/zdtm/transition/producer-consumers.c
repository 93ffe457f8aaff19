// SPDX-License-Identifier: GPL-2.0-only
/* A producer and three consumers at work: numbers go through a POSIX message queue, a named semaphore tells how many may be
 * taken, and the consumers count what they have had under a robust mutex in shared memory, whose owner dies now and then.
 * Each number is counted once, wherever they were when they were dumped.
 *
 * iterations: 10
 * not-compared: children
 * kinds: mqueue
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONSUMERS 3
#define ROUND 500 /* numbers after which a consumer dies as the owner of the mutex */

struct shared {
	pthread_mutex_t mutex;
	unsigned long counted, sum, deaths;
	_Atomic unsigned long sent;
	_Atomic int stop;
};

static struct shared *make_shared(void)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t attributes;

	check(shared != MAP_FAILED, "no memory");
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&shared->mutex, &attributes);
	return shared;
}

/* Until told to stop; then a zero for each consumer. */
static void produce(struct shared *shared, mqd_t queue, sem_t *ready)
{
	unsigned long number = 0;

	test_leave_starter();
	while (!shared->stop) {
		number++;
		must(mq_send(queue, (const char *)&number, sizeof(number), (unsigned int)(number % 3 + 1)));
		shared->sent = number;
		must(sem_post(ready));
	}
	number = 0;
	for (int i = 0; i < CONSUMERS; i++) {
		must(mq_send(queue, (const char *)&number, sizeof(number), 0));
		must(sem_post(ready));
	}
	_exit(0);
}

static void lock(struct shared *shared)
{
	int error = pthread_mutex_lock(&shared->mutex);

	if (error == EOWNERDEAD)
		error = pthread_mutex_consistent(&shared->mutex);
	check(!error, "the mutex: %s", strerror(error));
}

/* 0: there is nothing more; 1: this one dies, and another is to take its place. */
static int consume(struct shared *shared, mqd_t queue, sem_t *ready)
{
	unsigned long number;

	while (true) {
		while (sem_wait(ready) < 0)
			check(errno == EINTR, "sem_wait: %s", strerror(errno));
		check(must(mq_receive(queue, (char *)&number, sizeof(number), NULL)) == sizeof(number), "cut");
		if (!number)
			return 0;
		lock(shared);
		shared->counted++;
		shared->sum += number;
		if (number % ROUND == 0) {
			shared->deaths++;
			return 1;
		}
		pthread_mutex_unlock(&shared->mutex);
	}
}

static void run_consumers(struct shared *shared, mqd_t queue, sem_t *ready)
{
	int status = 1;
	pid_t pid;

	test_leave_starter();
	do {
		pid = must(fork());
		if (pid == 0)
			_exit(consume(shared, queue, ready));
		must(waitpid(pid, &status, 0));
		check(WIFEXITED(status), "a consumer was killed by signal %d", WTERMSIG(status));
	} while (WEXITSTATUS(status));
	_exit(0);
}

int main(int argc, char **argv)
{
	struct mq_attr attributes = { .mq_maxmsg = 8, .mq_msgsize = sizeof(unsigned long) };
	struct shared *shared = make_shared();
	struct timespec now;
	char name[64];
	sem_t *ready;
	mqd_t queue;
	int status;

	test_init(argc, argv);
	/* Others may run the same, each with a /dev/shm of all and a pid of its own namespace. */
	must(clock_gettime(CLOCK_REALTIME, &now));
	snprintf(name, sizeof(name), "/criu-test-%d-%ld", getpid(), now.tv_nsec);
	queue = must(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
	ready = sem_open(name, O_CREAT | O_EXCL, 0600, 0);
	check(ready != SEM_FAILED, "sem_open: %s", strerror(errno));
	/* Who makes one has it mapped by a name that is gone. */
	must(sem_close(ready));
	ready = sem_open(name, 0);
	check(ready != SEM_FAILED, "sem_open: %s", strerror(errno));
	for (int i = 0; i < CONSUMERS; i++)
		if (must(fork()) == 0)
			run_consumers(shared, queue, ready);
	if (must(fork()) == 0)
		produce(shared, queue, ready);
	while (shared->sent < 2 * ROUND)
		sched_yield();
	test_ready();
	test_wait();
	shared->stop = 1;
	for (int i = 0; i <= CONSUMERS; i++) {
		must(wait(&status));
		check(status == 0, "somebody ended with %x", (unsigned int)status);
	}
	check(shared->counted == shared->sent && shared->sum == shared->sent * (shared->sent + 1) / 2,
	      "%lu numbers sent, %lu counted, their sum is %lu", shared->sent, shared->counted, shared->sum);
	check(shared->deaths == shared->sent / ROUND, "%lu deaths of %lu", shared->deaths, shared->sent / ROUND);
	must(sem_unlink(name));
	must(mq_unlink(name));
	pass();
}
