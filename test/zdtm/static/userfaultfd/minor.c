// SPDX-License-Identifier: GPL-2.0-only
/* A memfd mapped twice: faults of pages that the file has but the page table does not (UFFDIO_REGISTER_MODE_MINOR) are
 * handled, and those of pages that the file does not have, too.
 *
 * skip-if: no-userfaultfd
 * kinds: userfaultfd registered_memory
 */
#include "faults.h"

#define PAGES 32

static struct {
	int fd;
	volatile int minor, missing;
} server;

static void *serve(void *argument)
{
	for (;;) {
		struct uffd_msg message = faults_next(server.fd);
		uint64_t page = message.arg.pagefault.address & ~(TEST_PAGE - 1ULL);
		struct uffdio_continue go_on = { .range = { .start = page, .len = TEST_PAGE } };

		if (message.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_MINOR) {
			server.minor++;
			must(ioctl(server.fd, UFFDIO_CONTINUE, &go_on));
		} else {
			server.missing++;
			faults_copy(server.fd, (uint8_t *)(uintptr_t)page, 0x77);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uint8_t *memory, *other;
	pthread_t thread;
	int file;

	test_init(argc, argv);
	server.fd = faults_open(UFFD_FEATURE_MINOR_SHMEM | UFFD_FEATURE_MISSING_SHMEM);
	file = must(memfd_create("pages", 0));
	must(ftruncate(file, PAGES * TEST_PAGE));
	other = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	memory = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	check(other != MAP_FAILED && memory != MAP_FAILED, "no memory");
	memset(other, 1, 8 * TEST_PAGE);
	PAGE(other, 8)[0] = 0; /* of zeros, and there */
	faults_register(server.fd, memory, PAGES, UFFDIO_REGISTER_MODE_MINOR | UFFDIO_REGISTER_MODE_MISSING);
	check(!pthread_create(&thread, NULL, serve, NULL), "no thread");
	check(PAGE(memory, 2)[0] == 1 && server.minor == 1, "nobody serves what is not mapped");
	check(PAGE(memory, 12)[0] == 0x77 && server.missing == 1, "nobody serves what is missing");

	test_ready();
	test_wait();

	check(PAGE(memory, 2)[0] == 1 && PAGE(memory, 12)[0] == 0x77, "memory has changed");
	check(server.minor == 1 && server.missing == 1, "what was mapped is not any more: %d %d",
	      server.minor, server.missing);
	check(PAGE(memory, 3)[0] == 1 && server.minor == 2, "nobody serves what is not mapped");
	check(PAGE(memory, 8)[0] == 0 && server.minor == 3 && server.missing == 1, "a page of zeros is missing");
	check(PAGE(memory, 13)[0] == 0x77 && server.missing == 2, "nobody serves what is missing");
	check(PAGE(other, 13)[5] == 0x77, "the mappings are of two files");
	pass();
}
