// SPDX-License-Identifier: GPL-2.0-only
/* A robust mutex in memory that processes share: one holds it, another waits for it in the kernel. After the restore the
 * owner dies, and the waiter is told so (EOWNERDEAD); so with priority inheritance, where the kernel itself knows owner
 * and waiter.
 *
 * flavours: host
 * kinds: thread_area shared_memory_mapping
 */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared {
	pthread_mutex_t mutex;
	pid_t waiter; /* thread */
	int guarded;
};

static struct shared *shared;

static void make_mutex(int protocol)
{
	pthread_mutexattr_t attributes;

	shared = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(shared != MAP_FAILED, "no shared memory");
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setprotocol(&attributes, protocol);
	check(!pthread_mutex_init(&shared->mutex, &attributes), "no mutex");
}

/* Dies with the mutex. */
static void owner(void *arg)
{
	check(!pthread_mutex_lock(&shared->mutex), "the mutex is not free");
	shared->guarded = 1;
	test_ready();
	test_wait();
	check(pthread_mutex_trylock(&shared->mutex) == EBUSY, "the mutex is not held any more");
	raise(SIGKILL);
}

static void *wait_for_it(void *arg)
{
	int error;

	shared->waiter = gettid();
	error = pthread_mutex_lock(&shared->mutex);
	check(error == EOWNERDEAD, "the waiter got %d, not EOWNERDEAD", error);
	check(shared->guarded == 1, "other memory");
	check(!pthread_mutex_consistent(&shared->mutex), "it cannot be made consistent");
	shared->guarded = 2;
	check(!pthread_mutex_unlock(&shared->mutex), "it cannot be unlocked");
	return NULL;
}

static void waiter(void *arg)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, wait_for_it, NULL), "no thread");
	while (!*(volatile pid_t *)&shared->waiter)
		;
	test_wait_blocked(shared->waiter, SYS_futex);
	test_ready();
	test_wait();
	pthread_join(thread, NULL);
}

struct pair {
	struct shared *shared;
	pid_t owner, waiter;
};

static void start(struct pair *pair, int protocol)
{
	make_mutex(protocol);
	pair->shared = shared;
	pair->owner = test_child(owner, NULL);
	pair->waiter = test_child(waiter, NULL);
}

static void finish(const struct pair *pair, const char *what)
{
	int status;

	must(kill(pair->owner, SIGTERM));
	must(waitpid(pair->owner, &status, 0));
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "%s: the owner ended with %x", what, status);
	test_end_child(pair->waiter);
	check(pair->shared->guarded == 2, "%s: the waiter did not get the mutex", what);
	check(!pthread_mutex_lock(&pair->shared->mutex), "%s: the mutex is not free in the end", what);
}

int main(int argc, char **argv)
{
	struct pair usual, inheriting;

	test_init(argc, argv);
	start(&usual, PTHREAD_PRIO_NONE);
	start(&inheriting, PTHREAD_PRIO_INHERIT);
	test_ready();
	test_wait();
	finish(&usual, "usual");
	finish(&inheriting, "with priority inheritance");
	pass();
}
