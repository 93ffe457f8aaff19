// SPDX-License-Identifier: GPL-2.0-only
/* A directory that is watched by F_NOTIFY: nobody tells for what. One whose watch was ended is no reason.
 *
 * refuses: descriptor 60; is watched (F_NOTIFY)
 * kinds: regular
 */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd, other;

	test_init(argc, argv);
	must(sigaction(SIGIO, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL));
	fd = must(open(".", O_RDONLY | O_DIRECTORY));
	if (fcntl(fd, F_NOTIFY, DN_CREATE | DN_MULTISHOT) < 0)
		skip("this kernel has no F_NOTIFY");
	must(dup2(fd, 60));
	must(close(fd));
	must(fcntl(60, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
	other = must(open("/", O_RDONLY | O_DIRECTORY));
	must(fcntl(other, F_NOTIFY, DN_CREATE));
	must(fcntl(other, F_NOTIFY, 0));
	must(fcntl(other, F_SETOWN, 0));
	test_ready();
	test_wait();
	pass();
}
