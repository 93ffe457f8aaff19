// SPDX-License-Identifier: GPL-2.0-only
/* mlockall() of a task whose memory cannot all be brought in: guards of thread stacks without access, a mapping that
 * reaches beyond the end of its file, guard pages inside. All of it is locked again.
 *
 * flavours: host ns
 * kinds: anonymous memory_locks
 */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD_INSTALL 102

static pthread_barrier_t barrier;

static void *thread(void *arg)
{
	pthread_barrier_wait(&barrier);
	test_wait();
	return NULL;
}

int main(int argc, char **argv)
{
	uint8_t *closed, *beyond, *guarded;
	pthread_t id;
	int fd;

	test_init(argc, argv);
	closed = mmap(NULL, 4 * TEST_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fd = must(open("short", O_RDWR | O_CREAT, 0600));
	must(ftruncate(fd, TEST_PAGE));
	beyond = mmap(NULL, 4 * TEST_PAGE, PROT_READ, MAP_SHARED, fd, 0);
	guarded = mmap(NULL, 4 * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(closed != MAP_FAILED && beyond != MAP_FAILED && guarded != MAP_FAILED, "no memory");
	guarded[0] = 5;
	madvise(guarded + TEST_PAGE, TEST_PAGE, GUARD_INSTALL); /* from 6.13 on */
	must(mlockall(MCL_CURRENT | MCL_FUTURE));
	check(!pthread_barrier_init(&barrier, NULL, 2), "no barrier");
	check(!pthread_create(&id, NULL, thread, NULL), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	pthread_join(id, NULL);
	check(test_mapping_has(closed, "lo"), "memory without access is not locked");
	check(test_mapping_has(beyond, "lo"), "the short file is not locked");
	check(test_mapping_has(guarded, "lo") && guarded[0] == 5, "memory with guards is not locked");
	check(!test_mapping_has(closed, "lf") && !test_mapping_has(closed, "??"), "it is locked on fault");
	pass();
}
