// SPDX-License-Identifier: GPL-2.0-only
/* System V shared memory of huge pages, attached and not.
 *
 * flavours: host
 * kinds: ipc sysv_mapping
 */
#include "test.h"

#include <errno.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#define HUGE (2UL << 20)

static uint8_t *attach(int segment)
{
	void *memory = shmat(segment, NULL, 0);

	check(memory != (void *)-1, "not attached");
	return memory;
}

int main(int argc, char **argv)
{
	int attached, detached;
	char size[32];
	uint8_t *memory, *other;

	test_init(argc, argv);
	attached = shmget(IPC_PRIVATE, HUGE, SHM_HUGETLB | 0600);
	if (attached < 0 && (errno == ENOMEM || errno == EPERM || errno == ENOSYS || errno == EINVAL))
		skip("no huge pages are free");
	must(attached);
	detached = must(shmget(IPC_PRIVATE, HUGE, SHM_HUGETLB | 0600));
	memory = attach(attached);
	test_fill(memory, HUGE, 3);
	other = attach(detached);
	test_fill(other, HUGE, 4);
	must(shmdt(other));
	test_ready();
	test_wait();
	check(test_differs(memory, HUGE, 3) < 0, "other contents");
	check(test_mapping_line(memory, "KernelPageSize", size, sizeof(size)) && size[0] == '2',
	      "pages of %s", size);
	other = attach(detached);
	check(test_differs(other, HUGE, 4) < 0, "other contents of the one that was not attached");
	must(shmdt(other));
	must(shmdt(memory));
	must(shmctl(attached, IPC_RMID, NULL));
	must(shmctl(detached, IPC_RMID, NULL));
	pass();
}
