// SPDX-License-Identifier: GPL-2.0-only
/* A wait for any of several words (futex_waitv), one private and one in memory shared with another process, which
 * wakes it after the restore.
 *
 * flavours: host
 * kinds: thread_area
 */
#include "test.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#define SIZE_32 2 /* FUTEX2_SIZE_U32, FUTEX_32 */

struct wait_vector {
	uint64_t value, address;
	uint32_t flags, pad;
};

static uint32_t *shared, own;
static pid_t waiter;

static void *wait_for_any(void *arg)
{
	struct wait_vector words[] = {
		{ .address = (uintptr_t)&own, .flags = SIZE_32 | FUTEX_PRIVATE_FLAG },
		{ .address = (uintptr_t)shared, .flags = SIZE_32 },
	};
	long woken;

	__atomic_store_n(&waiter, gettid(), __ATOMIC_SEQ_CST);
	do
		woken = syscall(SYS_futex_waitv, words, 2, 0, NULL, 0);
	while (woken < 0 && errno == EINTR);
	/* Who changed the word before the wait had begun anew is seen as well. */
	check(woken == 1 || (woken < 0 && errno == EAGAIN), "woken by %ld: %d", woken, errno);
	return NULL;
}

static void child(void *arg)
{
	test_ready();
	test_wait();
	__atomic_store_n(shared, 1, __ATOMIC_SEQ_CST);
	must(syscall(SYS_futex, shared, FUTEX_WAKE, 1, NULL, NULL, 0));
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t pid;

	test_init(argc, argv);
	if (syscall(SYS_futex_waitv, NULL, 0, 0, NULL, 0) < 0 && errno == ENOSYS)
		skip("this kernel has no futex_waitv");
	shared = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(shared != MAP_FAILED, "no shared memory");
	pid = test_child(child, NULL);
	check(!pthread_create(&thread, NULL, wait_for_any, NULL), "no thread");
	while (!__atomic_load_n(&waiter, __ATOMIC_SEQ_CST))
		;
	test_wait_blocked(waiter, SYS_futex_waitv);
	test_ready();
	test_wait();
	test_end_child(pid);
	pthread_join(thread, NULL);
	pass();
}
