// SPDX-License-Identifier: GPL-2.0-only
/* Segments of System V shared memory: attached by several processes, twice by one, for reading only, in part, and removed
 * while attached. They stay one memory, and the kernel counts as many attachments.
 *
 * flavours: host
 * kinds: sysv_mapping ipc
 */
#include "test.h"

#include <errno.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#define SIZE (6 * TEST_PAGE)

static int segment, removed;
static volatile uint8_t *memory, *reading, *piece, *of_removed;

static volatile uint8_t *attach(int id, int flags)
{
	void *at = shmat(id, NULL, flags);

	check(at != (void *)-1, "segment %d is not attached", id);
	return at;
}

static void child(void *arg)
{
	volatile uint8_t *second = attach(segment, 0);

	test_ready();
	test_wait();
	while (memory[0] != 2)
		usleep(1000);
	check(second[1] == 3 && of_removed[5] == 6, "not the same memory");
	second[2] = 4;
	of_removed[6] = 7;
}

static unsigned long count(int id, unsigned int *ret_mode)
{
	struct shmid_ds ds;

	must(shmctl(id, IPC_STAT, &ds));
	*ret_mode = ds.shm_perm.mode;
	return ds.shm_nattch;
}

static void set_up(void)
{
	segment = must(shmget(IPC_PRIVATE, SIZE, 0600));
	removed = must(shmget(IPC_PRIVATE, SIZE, 0600));
	memory = attach(segment, 0);
	reading = attach(segment, SHM_RDONLY);
	piece = attach(segment, 0);
	must(munmap((void *)piece, TEST_PAGE));
	must(munmap((void *)(piece + 3 * TEST_PAGE), 3 * TEST_PAGE));
	must(mprotect((void *)(piece + TEST_PAGE), TEST_PAGE, PROT_READ));
	of_removed = attach(removed, 0);
	must(shmctl(removed, IPC_RMID, NULL));
	test_fill((void *)(memory + TEST_PAGE), TEST_PAGE, 3);
	memory[2 * TEST_PAGE] = 11;
	of_removed[5] = 6;
}

static void check_memory(void)
{
	check(test_differs((void *)(memory + TEST_PAGE), TEST_PAGE, 3) < 0 && of_removed[5] == 6, "other contents");
	check(piece[2 * TEST_PAGE] == 11 && reading[2 * TEST_PAGE] == 11, "not the same memory");
	piece[2 * TEST_PAGE] = 12;
	check(memory[2 * TEST_PAGE] == 12, "not the same memory");
	check(mprotect((void *)reading, TEST_PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES,
	      "what was attached for reading can be written");
}

int main(int argc, char **argv)
{
	unsigned long before, before_removed;
	unsigned int mode, mode_removed;
	pid_t pid;

	test_init(argc, argv);
	set_up();
	pid = test_child(child, NULL);
	before = count(segment, &mode);
	before_removed = count(removed, &mode_removed);
	test_ready();
	test_wait();
	check_memory();
	check(count(segment, &mode) == before && !(mode & SHM_DEST), "attached %lu times", count(segment, &mode));
	check(count(removed, &mode_removed) == before_removed && mode_removed & SHM_DEST, "not removed any more");
	memory[1] = 3;
	memory[0] = 2;
	test_end_child(pid);
	check(memory[2] == 4 && of_removed[6] == 7, "not the same memory");
	must(shmdt((void *)of_removed));
	check(shmctl(removed, IPC_STAT, &(struct shmid_ds){}) == -1, "it has not gone with the last attachment");
	must(shmctl(segment, IPC_RMID, NULL));
	pass();
}
