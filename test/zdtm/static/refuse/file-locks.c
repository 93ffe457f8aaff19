// SPDX-License-Identifier: GPL-2.0-only
/* Without --file-locks a program that holds some is not dumped, and is told what to use.
 *
 * refuses: posix'): it holds a POSIX lock; flock'): it holds a lock by flock; range'): it holds a lock of its open file; lease'): it holds a lease; use --file-locks
 */
#include "test.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int lease;

	test_init(argc, argv);
	must(fcntl(must(open("posix", O_RDWR | O_CREAT, 0644)), F_SETLK, &lock));
	must(fcntl(must(open("range", O_RDWR | O_CREAT, 0644)), F_OFD_SETLK, &lock));
	must(flock(must(open("flock", O_RDWR | O_CREAT, 0644)), LOCK_EX));
	lease = must(open("lease", O_RDONLY | O_CREAT, 0644));
	must(fcntl(lease, F_SETLEASE, F_RDLCK));
	test_ready();
	test_wait();
	check(fcntl(lease, F_GETLEASE) == F_RDLCK, "the lease is gone");
	pass();
}
