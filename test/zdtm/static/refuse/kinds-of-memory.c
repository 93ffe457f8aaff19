// SPDX-License-Identifier: GPL-2.0-only
/* Memory that cannot be kept yet: System V shared memory, a mapping of a deleted file.
 *
 * refuses: sysv; deleted
 */
#include "test.h"

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

static uint8_t *map(int fd)
{
	uint8_t *memory;

	must(ftruncate(fd, TEST_PAGE));
	memory = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(memory != MAP_FAILED, "no mapping");
	memory[0] = 9;
	close(fd);
	return memory;
}

int main(int argc, char **argv)
{
	uint8_t *deleted, *segment;
	int id;

	test_init(argc, argv);
	id = must(shmget(IPC_PRIVATE, TEST_PAGE, 0600));
	segment = shmat(id, NULL, 0);
	must(shmctl(id, IPC_RMID, NULL));
	check(segment != (void *)-1, "no segment");
	segment[0] = 9;
	deleted = map(must(open("deleted", O_RDWR | O_CREAT, 0644)));
	must(unlink("deleted"));
	test_ready();
	test_wait();
	check(segment[0] == 9 && deleted[0] == 9, "memory has changed");
	pass();
}
