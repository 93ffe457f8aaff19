// SPDX-License-Identifier: GPL-2.0-only
/* Mappings of /dev/zero: private ones are anonymous memory with a name, shared ones are memory that relatives share.
 *
 * flavours: host ns
 * kinds: shared_memory_mapping mapped_file
 */
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE (8 * TEST_PAGE)

static uint8_t *shared, *private;

static void child(void *arg)
{
	private[TEST_PAGE] = 5;
	test_ready();
	test_wait();
	check(private[TEST_PAGE] == 5 && private[0] == 4, "the child's private memory has changed");
	shared[3 * TEST_PAGE] = 3;
}

int main(int argc, char **argv)
{
	char name[128];
	pid_t pid;
	int fd;

	test_init(argc, argv);
	fd = must(open("/dev/zero", O_RDWR));
	shared = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	check(shared != MAP_FAILED && private != MAP_FAILED, "no memory");
	close(fd);
	shared[2 * TEST_PAGE] = 2;
	private[0] = 4;
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	test_end_child(pid);
	check(shared[2 * TEST_PAGE] == 2 && shared[3 * TEST_PAGE] == 3, "it is not shared any more");
	check(private[0] == 4 && !private[TEST_PAGE], "the private memory has changed");
	test_mapping_start(private, name, sizeof(name));
	check(!strcmp(name, "/dev/zero"), "the private mapping is of '%s'", name);
	pass();
}
