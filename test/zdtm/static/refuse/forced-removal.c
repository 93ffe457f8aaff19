// SPDX-License-Identifier: GPL-2.0-only
/* Where kernel.shm_rmid_forced is set, a segment that nobody has attached lives as long as who made it: it cannot be made
 * by somebody else.
 *
 * refuses: kernel.shm_rmid_forced
 * kinds: ipc
 */
#include "test.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd, segment;

	test_init(argc, argv);
	must(unshare(CLONE_NEWIPC));
	fd = must(open("/proc/sys/kernel/shm_rmid_forced", O_WRONLY));
	must(write(fd, "1", 1));
	close(fd);
	segment = must(shmget(IPC_PRIVATE, 1, 0600));
	test_ready();
	test_wait();
	must(shmctl(segment, IPC_RMID, NULL));
	pass();
}
