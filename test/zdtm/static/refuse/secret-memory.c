// SPDX-License-Identifier: GPL-2.0-only
/* Memory of memfd_secret(), which nobody else can read, is refused by its kind and address.
 *
 * refuses: memfd_secret
 * kinds: special_mapping
 */
#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

int main(int argc, char **argv)
{
	uint8_t *memory;
	int fd;

	test_init(argc, argv);
	fd = syscall(SYS_memfd_secret, 0);
	if (fd < 0)
		skip("memfd_secret: %s", strerror(errno));
	must(ftruncate(fd, TEST_PAGE));
	memory = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		skip("memory of memfd_secret cannot be mapped: %s", strerror(errno));
	close(fd);
	memory[0] = 9;
	test_ready();
	test_wait();
	check(memory[0] == 9, "memory has changed");
	pass();
}
