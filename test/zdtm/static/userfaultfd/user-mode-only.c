// SPDX-License-Identifier: GPL-2.0-only
/* With UFFD_USER_MODE_ONLY system calls fail at a missing page; without, they wait for it. Where a page is missing it can be
 * found out which it is.
 *
 * skip-if: no-userfaultfd
 * kinds: userfaultfd registered_memory
 */
#include "faults.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

int main(int argc, char **argv)
{
	struct faults_server user = { 0 }, any = { 0 };
	uint8_t *memory, *other;
	int file;

	test_init(argc, argv);
	user.fd = faults_open_with(0, UFFD_USER_MODE_ONLY);
	any.fd = faults_open(0);
	file = must(memfd_create("data", 0));
	must(write(file, "abcd", 4));
	memory = faults_map(8);
	other = faults_map(8);
	faults_register(user.fd, memory, 8, UFFDIO_REGISTER_MODE_MISSING);
	faults_register(any.fd, other, 8, UFFDIO_REGISTER_MODE_MISSING);
	faults_start(&user);
	faults_start(&any);
	check(memory[0] == 1 && other[0] == 1, "nobody serves");

	test_ready();
	test_wait();

	check(pread(file, PAGE(memory, 1), 4, 0) < 0 && errno == EFAULT, "a system call waits for a page");
	check(PAGE(memory, 1)[0] == 2, "nobody serves");
	check(pread(file, PAGE(other, 1), 4, 0) == 4 && PAGE(other, 1)[0] == 'a',
	      "a system call does not wait for a page");
	check(any.served == 2, "%d pages were brought", any.served);
	pass();
}
