// SPDX-License-Identifier: GPL-2.0-only
/* POSIX shared memory and a named semaphore, files in /dev/shm: processes that have opened them by name wait in the
 * kernel and wake each other after the restore; who opens the name then sees the same memory.
 *
 * dump-options: --link-remap
 * flavours: host
 * kinds: mapped_file thread_area
 */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static char memory_name[64], semaphore_name[64];

struct shared {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int state;
	pid_t waiter;
};

static struct shared *map(int flags)
{
	int fd = must(shm_open(memory_name, O_RDWR | flags, 0600));
	struct shared *shared;

	must(ftruncate(fd, TEST_PAGE));
	shared = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(shared != MAP_FAILED, "no memory");
	close(fd);
	return shared;
}

static void *wait_for_state(void *arg)
{
	struct shared *shared = arg;
	sem_t *semaphore = sem_open(semaphore_name, 0);

	check(semaphore != SEM_FAILED, "no semaphore");
	pthread_mutex_lock(&shared->mutex);
	__atomic_store_n(&shared->waiter, gettid(), __ATOMIC_SEQ_CST);
	while (shared->state != 1)
		pthread_cond_wait(&shared->changed, &shared->mutex);
	shared->state = 2;
	pthread_mutex_unlock(&shared->mutex);
	must(sem_post(semaphore));
	return NULL;
}

static void child(void *arg)
{
	struct shared *shared = map(0);
	pthread_t thread;

	check(!pthread_create(&thread, NULL, wait_for_state, shared), "no thread");
	while (!__atomic_load_n(&shared->waiter, __ATOMIC_SEQ_CST))
		;
	pthread_mutex_lock(&shared->mutex);
	pthread_mutex_unlock(&shared->mutex);
	test_wait_blocked(shared->waiter, SYS_futex);
	test_ready();
	test_wait();
	pthread_join(thread, NULL);
}

static struct shared *make(void)
{
	struct shared *shared = map(O_CREAT | O_EXCL);
	pthread_mutexattr_t mutex;
	pthread_condattr_t condition;

	pthread_mutexattr_init(&mutex);
	pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
	check(!pthread_mutex_init(&shared->mutex, &mutex), "no mutex");
	pthread_condattr_init(&condition);
	pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
	check(!pthread_cond_init(&shared->changed, &condition), "no condition");
	return shared;
}

int main(int argc, char **argv)
{
	struct shared *shared, *again;
	sem_t *semaphore;
	pid_t pid;
	int value;

	test_init(argc, argv);
	snprintf(memory_name, sizeof(memory_name), "/criu-test-memory-%d-%ld", getpid(), (long)getuid());
	snprintf(semaphore_name, sizeof(semaphore_name), "/criu-test-semaphore-%d", getpid());
	shm_unlink(memory_name);
	sem_unlink(semaphore_name);
	shared = make();
	semaphore = sem_open(semaphore_name, O_CREAT | O_EXCL, 0600, 0);
	check(semaphore != SEM_FAILED, "no semaphore");
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	again = map(0);
	check(!sem_getvalue(semaphore, &value) && !value && !again->state, "other contents");
	pthread_mutex_lock(&again->mutex);
	again->state = 1;
	pthread_cond_broadcast(&again->changed);
	pthread_mutex_unlock(&again->mutex);
	must(sem_wait(semaphore));
	check(shared->state == 2, "not the same memory");
	test_end_child(pid);
	must(shm_unlink(memory_name));
	must(sem_unlink(semaphore_name));
	pass();
}
