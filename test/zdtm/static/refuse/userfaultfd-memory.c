// SPDX-License-Identifier: GPL-2.0-only
/* Memory that is registered with a userfaultfd is refused by its address, and stays registered.
 *
 * skip-if: no-userfaultfd
 * refuses: registered with a userfaultfd; unregister
 * kinds: anonymous
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	uint8_t *memory;
	int fd;

	test_init(argc, argv);
	fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		skip("userfaultfd: %s", strerror(errno));
	must(ioctl(fd, UFFDIO_API, &api));
	memory = mmap(NULL, 4 * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	memory[0] = 9;
	range.range.start = (uintptr_t)memory;
	range.range.len = 4 * TEST_PAGE;
	must(ioctl(fd, UFFDIO_REGISTER, &range));
	test_ready();
	test_wait();
	check(test_mapping_has(memory, "um"), "the memory is not registered any more");
	check(memory[0] == 9, "memory has changed");
	pass();
}
