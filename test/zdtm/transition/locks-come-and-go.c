// SPDX-License-Identifier: GPL-2.0-only
/* Locks that are taken, waited for and released all the time, by processes (POSIX), by descriptions (flock, OFD): never do two
 * have one.
 *
 * options: --file-locks
 * iterations: 10
 * flavours: host ns
 * not-compared: descriptors
 */
#include "test.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

enum kind { POSIX, OFD, FLOCK, KINDS };

static struct {
	int inside[KINDS];
	int stop;
	unsigned long rounds[KINDS];
} * shared;

static bool is_over(void)
{
	return __atomic_load_n(&shared->stop, __ATOMIC_SEQ_CST);
}

static void set_lock(int fd, enum kind kind, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = 7, .l_len = 1 };

	if (kind == FLOCK)
		must(flock(fd, type == F_UNLCK ? LOCK_UN : LOCK_EX));
	else
		must(fcntl(fd, kind == POSIX ? F_SETLKW : F_OFD_SETLKW, &lock));
}

static void locker(void *arg)
{
	static const char *const names[] = { "posix", "ofd", "flock" };
	enum kind kind = *(enum kind *)arg;
	int fd = must(open(names[kind], O_RDWR | O_CREAT, 0644));

	test_ready();
	while (!is_over()) {
		set_lock(fd, kind, F_WRLCK);
		check(!__atomic_exchange_n(&shared->inside[kind], 1, __ATOMIC_SEQ_CST),
		      "two have a lock (%s)", names[kind]);
		shared->rounds[kind]++;
		usleep(100);
		check(__atomic_exchange_n(&shared->inside[kind], 0, __ATOMIC_SEQ_CST),
		      "somebody came in (%s)", names[kind]);
		set_lock(fd, kind, F_UNLCK);
	}
}

int main(int argc, char **argv)
{
	enum kind kinds[KINDS] = { POSIX, OFD, FLOCK };
	pid_t pids[2 * KINDS];

	test_init(argc, argv);
	shared = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(shared != MAP_FAILED, "no shared memory");
	for (int i = 0; i < 2 * KINDS; i++)
		pids[i] = test_child(locker, &kinds[i % KINDS]);
	test_ready();
	test_wait();
	__atomic_store_n(&shared->stop, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 2 * KINDS; i++)
		test_end_child(pids[i]);
	check(shared->rounds[POSIX] && shared->rounds[OFD] && shared->rounds[FLOCK], "nothing has happened");
	pass();
}
