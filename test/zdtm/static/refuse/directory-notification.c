// SPDX-License-Identifier: GPL-2.0-only
/* A directory that is watched by F_NOTIFY: the kernel tells nobody which events.
 *
 * refuses: F_NOTIFY
 * kinds: file_owner
 */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t events;

static void count(int sig)
{
	events++;
}

int main(int argc, char **argv)
{
	int fd;

	test_init(argc, argv);
	signal(SIGIO, count);
	fd = must(open(".", O_RDONLY | O_DIRECTORY));
	must(fcntl(fd, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
	test_ready();
	test_wait();
	must(open("new", O_WRONLY | O_CREAT, 0600));
	check(events == 1, "%d events", events);
	pass();
}
