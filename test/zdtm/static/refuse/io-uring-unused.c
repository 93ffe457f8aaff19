// SPDX-License-Identifier: GPL-2.0-only
/* An io_uring with its shared rings is refused by name.
 *
 * skip-if: no-io-uring
 * refuses: io_uring
 * kinds: special_mapping
 */
#include "test.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct io_uring_params params = {};
	void *ring;
	int fd;

	test_init(argc, argv);
	fd = syscall(SYS_io_uring_setup, 8, &params);
	if (fd < 0)
		skip("io_uring_setup: %s", strerror(errno));
	ring = mmap(NULL, params.sq_off.array + params.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    IORING_OFF_SQ_RING);
	check(ring != MAP_FAILED, "no ring");
	test_ready();
	test_wait();
	check(!syscall(SYS_io_uring_enter, fd, 0, 0, 0, NULL, 0), "the ring does not work any more");
	pass();
}
