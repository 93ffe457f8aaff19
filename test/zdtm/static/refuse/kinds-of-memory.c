// SPDX-License-Identifier: GPL-2.0-only
/* Memory that cannot be kept yet: System V shared memory.
 *
 * refuses: sysv
 */
#include "test.h"

#include <sys/ipc.h>
#include <sys/shm.h>

int main(int argc, char **argv)
{
	uint8_t *segment;
	int id;

	test_init(argc, argv);
	id = must(shmget(IPC_PRIVATE, TEST_PAGE, 0600));
	segment = shmat(id, NULL, 0);
	must(shmctl(id, IPC_RMID, NULL));
	check(segment != (void *)-1, "no segment");
	segment[0] = 9;
	test_ready();
	test_wait();
	check(segment[0] == 9, "memory has changed");
	pass();
}
