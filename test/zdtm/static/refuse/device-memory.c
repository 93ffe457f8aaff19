// SPDX-License-Identifier: GPL-2.0-only
/* Memory of the kernel and of devices that is mapped through their files is refused by the area and the file: buffers
 * of a perf event.
 *
 * refuses: mapping; cannot be
 * kinds: special_mapping
 */
#include "test.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct perf_event_attr event = { .size = sizeof(event), .type = PERF_TYPE_SOFTWARE, .disabled = 1 };
	uint8_t *buffer;
	int fd;

	test_init(argc, argv);
	fd = syscall(SYS_perf_event_open, &event, 0, -1, -1, 0);
	if (fd < 0)
		skip("perf_event_open: %s", strerror(errno));
	buffer = mmap(NULL, 2 * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(buffer != MAP_FAILED, "no buffer");
	close(fd);
	test_ready();
	test_wait();
	check(buffer[0] < 255, "no buffer any more");
	pass();
}
