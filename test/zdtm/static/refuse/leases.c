// SPDX-License-Identifier: GPL-2.0-only
/* Leases that reading the file would break: of one that was deleted, of one that is mapped. They are whole afterwards.
 *
 * options: --file-locks
 * refuses: deleted (deleted)'): the file was deleted while it has a lease; mapped'): the file is mapped while it has a lease
 */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile sig_atomic_t told;

static void handler(int number)
{
	told++;
}

int main(int argc, char **argv)
{
	int deleted, mapped;

	test_init(argc, argv);
	signal(SIGIO, handler);
	deleted = must(open("deleted", O_RDWR | O_CREAT, 0644));
	must(fcntl(deleted, F_SETLEASE, F_WRLCK));
	must(unlink("deleted"));
	mapped = must(open("mapped", O_RDWR | O_CREAT, 0644));
	must(ftruncate(mapped, TEST_PAGE));
	must(fcntl(mapped, F_SETLEASE, F_WRLCK));
	check(mmap(NULL, TEST_PAGE, PROT_READ, MAP_SHARED, mapped, 0) != MAP_FAILED, "no mapping");
	test_ready();
	test_wait();
	check(!told, "somebody has broken a lease");
	check(fcntl(deleted, F_GETLEASE) == F_WRLCK && fcntl(mapped, F_GETLEASE) == F_WRLCK, "a lease is gone");
	pass();
}
