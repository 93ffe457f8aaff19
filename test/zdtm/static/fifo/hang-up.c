// SPDX-License-Identifier: GPL-2.0-only
/* Readers of named pipes: one that has met no writer is not hung up, one whose writer has left is; the first one is, too,
 * after a writer came and went. */
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

static int events(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	must(poll(&poller, 1, 0));
	return poller.revents;
}

int main(int argc, char **argv)
{
	int unmet, left;

	test_init(argc, argv);
	must(mkfifo("unmet", 0600));
	must(mkfifo("left", 0600));
	unmet = must(open("unmet", O_RDONLY | O_NONBLOCK));
	must(fcntl(unmet, F_SETPIPE_SZ, 1 << 17));
	left = must(open("left", O_RDONLY | O_NONBLOCK));
	close(must(open("left", O_WRONLY)));
	check(events(unmet) == 0 && events(left) == POLLHUP, "not as expected");
	test_ready();
	test_wait();
	check(events(unmet) == 0, "hung up without a writer");
	check(events(left) == POLLHUP, "not hung up");
	check(fcntl(unmet, F_GETPIPE_SZ) == 1 << 17, "size");
	close(must(open("unmet", O_WRONLY)));
	check(events(unmet) == POLLHUP, "not hung up after a writer");
	pass();
}
