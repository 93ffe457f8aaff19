// SPDX-License-Identifier: GPL-2.0-only
/* One end only: masters whose slave nobody opened yet, or nobody has any more; slaves whose master is gone, one of them opened
 * twice; and a second master.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int new_master(void)
{
	return (int)must(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK));
}

static int number_of(int master)
{
	int number;

	must(ioctl(master, TIOCGPTN, &number));
	return number;
}

static int events_of(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	must(poll(&poller, 1, 0));
	return poller.revents;
}

static void check_hung_up(int fd, int number)
{
	struct stat st;
	char byte;

	must(fstat(fd, &st));
	check((int)(st.st_rdev & 0xff) == number, "its number is %d instead of %d", (int)(st.st_rdev & 0xff),
	      number);
	check(read(fd, &byte, 1) == 0, "it can be read");
	check(write(fd, "x", 1) < 0 && errno == EIO, "it can be written: %s", strerror(errno));
	check(events_of(fd) & POLLHUP, "it has not hung up");
}

int main(int argc, char **argv)
{
	int locked, unlocked, closed, alive, slave, hung_up, old, numbers[4], old_number, twice;
	char byte, buffer[16];

	test_init(argc, argv);
	must(openpty(&old, &hung_up, NULL, NULL, NULL));
	old_number = number_of(old);
	twice = must(open(ptsname(old), O_RDWR | O_NOCTTY));
	close(old);
	locked = new_master();
	unlocked = new_master();
	must(unlockpt(unlocked));
	closed = new_master();
	must(unlockpt(closed));
	slave = must(open(ptsname(closed), O_RDWR | O_NOCTTY));
	must(write(slave, "left", 4));
	close(slave);
	must(write(closed, "typed", 5));
	alive = must(posix_openpt(O_RDWR | O_NOCTTY));
	numbers[0] = number_of(locked);
	numbers[1] = number_of(unlocked);
	numbers[2] = number_of(closed);
	numbers[3] = number_of(alive);

	test_ready();
	test_wait();

	check(number_of(locked) == numbers[0] && number_of(unlocked) == numbers[1] &&
		      number_of(closed) == numbers[2] && number_of(alive) == numbers[3],
	      "other numbers");
	check_hung_up(hung_up, old_number);
	check_hung_up(twice, old_number);
	check(open(ptsname(locked), O_RDWR | O_NOCTTY) < 0 && errno == EIO, "it is not locked");
	check(!(events_of(unlocked) & POLLHUP), "it was opened");
	check(read(unlocked, &byte, 1) < 0 && errno == EAGAIN, "it can be read: %s", strerror(errno));
	check(events_of(closed) & POLLHUP, "it is not closed");
	check(must(read(closed, buffer, 9)) == 9 && !memcmp(buffer, "lefttyped", 9), "other bytes");
	check(read(closed, &byte, 1) < 0 && errno == EIO, "it is not closed: %s", strerror(errno));
	slave = must(open(ptsname(closed), O_RDWR | O_NOCTTY | O_NONBLOCK));
	must(write(closed, "\n", 1));
	must(read(slave, buffer, 6));
	check(!memcmp(buffer, "typed\n", 6), "what was typed is lost");
	pass();
}
