// SPDX-License-Identifier: GPL-2.0-only
/* A performance counter with its page of memory, which is a device mapping: refused, both of it. Scenarios have a plugin
 * that keeps it.
 *
 * refuses: performance counters; perf_event
 * kinds: external_by_plugin device_mapping
 */
#include "test.h"

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct perf_event_attr counter = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(counter),
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.disabled = 1,
	};
	struct perf_event_mmap_page *page;
	uint64_t value = 1;
	int fd;

	test_init(argc, argv);
	fd = (int)syscall(SYS_perf_event_open, &counter, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		skip("no performance counters here");
	page = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(page != MAP_FAILED, "the counter cannot be mapped");
	test_ready();
	test_wait();
	check(must(read(fd, &value, sizeof(value))) == sizeof(value) && !value, "the counter counts");
	check(page->size > 0, "the page is not that of a counter");
	pass();
}
