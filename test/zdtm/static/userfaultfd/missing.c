// SPDX-License-Identifier: GPL-2.0-only
/* A thread brings the missing pages of anonymous memory. Those that are there stay so, of zeros or not; those that are
 * missing are asked for when they are touched, and what is not registered is not.
 *
 * skip-if: no-userfaultfd
 * flavours: host ns compat
 * kinds: userfaultfd registered_memory
 */
#include "faults.h"

#define PAGES 2048 /* some huge pages' worth */

int main(int argc, char **argv)
{
	struct faults_server server = { 0 };
	struct uffdio_range part;
	uint8_t *memory;

	test_init(argc, argv);
	server.fd = faults_open(0);
	memory = faults_map(PAGES);
	madvise(memory, PAGES * TEST_PAGE, MADV_HUGEPAGE);
	faults_register(server.fd, memory, PAGES, UFFDIO_REGISTER_MODE_MISSING);
	part = (struct uffdio_range){ .start = (uintptr_t)PAGE(memory, 1000), .len = 8 * TEST_PAGE };
	must(ioctl(server.fd, UFFDIO_UNREGISTER, &part));
	faults_start(&server);
	faults_copy(server.fd, PAGE(memory, 3), 0);
	faults_zero(server.fd, PAGE(memory, 4));
	check(PAGE(memory, 0)[5] == 1 && PAGE(memory, 600)[5] == 2, "nobody serves");

	test_ready();
	test_wait();

	check(test_mapping_has(memory, "um"), "the memory is not registered any more");
	check(!faults_is_there(PAGE(memory, 1)) && !faults_is_there(PAGE(memory, 601)),
	      "pages are not missing any more");
	check(faults_is_there(PAGE(memory, 3)) && faults_is_there(PAGE(memory, 4)), "pages of zeros are missing");
	check(PAGE(memory, 0)[5] == 1 && PAGE(memory, 600)[5] == 2, "memory has changed");
	check(PAGE(memory, 3)[9] == 0 && PAGE(memory, 4)[9] == 0, "zeros have changed");
	check(PAGE(memory, 1001)[0] == 0, "memory that is not registered has changed");
	check(server.served == 2, "%d pages have been brought", server.served);
	check(PAGE(memory, 1)[7] == 3 && server.last == PAGE(memory, 1), "a page is missing for ever");
	check(PAGE(memory, 601)[7] == 4 && server.last == PAGE(memory, 601), "a page is missing for ever");
	PAGE(memory, 999)[1] = 77;
	check(PAGE(memory, 999)[0] == 5 && PAGE(memory, 999)[1] == 77, "a page is another");
	madvise(memory, TEST_PAGE, MADV_DONTNEED);
	check(memory[0] == 6, "a page that was dropped is not asked for");
	pass();
}
