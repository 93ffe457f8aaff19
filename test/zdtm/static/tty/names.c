// SPDX-License-Identifier: GPL-2.0-only
/* Terminals by other names: a slave that was opened by its master alone, whose descriptors are not closed by exec() although
 * /proc shows them so; the instance's own ptmx; and a second instance with the same numbers.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void check_pair(int master, int slave, const char *what)
{
	char buffer[16] = "";

	must(write(slave, what, strlen(what)));
	must(read(master, buffer, sizeof(buffer)));
	check(!strcmp(buffer, what), "'%s' instead of '%s'", buffer, what);
}

int main(int argc, char **argv)
{
	int masters[3], slaves[3], unlocked = 0, inheritable, numbers[3], now;
	struct stat st;

	test_init(argc, argv);
	must(mkdir("instance", 0755));
	must(mount("none", "instance", "devpts", 0, "ptmxmode=0666"));
	masters[0] = must(open("/dev/pts/ptmx", O_RDWR | O_NOCTTY));
	masters[1] = must(open("instance/ptmx", O_RDWR | O_NOCTTY));
	masters[2] = must(open("instance/ptmx", O_RDWR | O_NOCTTY));
	for (int i = 0; i < 3; i++) {
		must(ioctl(masters[i], TIOCSPTLCK, &unlocked));
		must(ioctl(masters[i], TIOCGPTN, &numbers[i]));
		slaves[i] = must(ioctl(masters[i], TIOCGPTPEER, O_RDWR | O_NOCTTY | (i ? 0 : O_CLOEXEC)));
	}
	inheritable = must(dup(slaves[0]));

	test_ready();
	test_wait();

	for (int i = 0; i < 3; i++) {
		must(ioctl(masters[i], TIOCGPTN, &now));
		check(now == numbers[i], "number %d instead of %d", now, numbers[i]);
		check_pair(masters[i], slaves[i], "text");
	}
	check(must(fcntl(slaves[0], F_GETFD)) == FD_CLOEXEC, "it is inherited");
	check(must(fcntl(inheritable, F_GETFD)) == 0, "it is not inherited");
	must(fstat(slaves[1], &st));
	check(major(st.st_rdev) == 136, "no terminal");
	for (int i = 0; i < 3; i++) {
		close(masters[i]);
		close(slaves[i]);
	}
	must(umount2("instance", MNT_DETACH));
	pass();
}
