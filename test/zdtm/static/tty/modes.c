// SPDX-License-Identifier: GPL-2.0-only
/* Packet mode, exclusive use, locked settings, odd speeds, and output that stands: by the stop character, or by tcflow().
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static int masters[5], slaves[5];

static bool can_write(int slave)
{
	struct pollfd poller = { .fd = slave, .events = POLLOUT };

	return must(poll(&poller, 1, 0)) == 1 && poller.revents & POLLOUT;
}

static void wait_until_stopped(int slave)
{
	while (can_write(slave))
		;
}

static void wait_until_going(int slave)
{
	while (!can_write(slave))
		;
}

int main(int argc, char **argv)
{
	struct termios settings, locked = { 0 };
	int on = 1, exclusive = 0;
	char buffer[16] = "";

	test_init(argc, argv);
	for (int i = 0; i < 5; i++)
		must(openpty(&masters[i], &slaves[i], NULL, NULL, NULL));
	must(write(slaves[0], "before", 6));
	must(ioctl(masters[0], TIOCPKT, &on));
	must(ioctl(slaves[1], TIOCEXCL));
	locked.c_lflag = ECHO;
	must(ioctl(slaves[2], TIOCSLCKTRMIOS, &locked));
	must(write(slaves[3], "said", 4));
	must(write(masters[3], "half\x13", 5));
	wait_until_stopped(slaves[3]);
	must(tcflow(slaves[4], TCOOFF));

	test_ready();
	test_wait();

	must(ioctl(masters[0], TIOCGPKT, &on));
	check(on, "packet mode is off");
	check(must(read(masters[0], buffer, 16)) == 7 && !memcmp(buffer, "\0before", 7), "no packet");
	must(tcflush(slaves[0], TCIFLUSH));
	check(must(read(masters[0], buffer, 16)) == 1 && buffer[0] == TIOCPKT_FLUSHREAD, "packet %d", buffer[0]);
	must(ioctl(slaves[1], TIOCGEXCL, &exclusive));
	check(exclusive, "it is not exclusive");
	must(tcgetattr(slaves[2], &settings));
	settings.c_lflag &= (tcflag_t)~ECHO;
	must(tcsetattr(slaves[2], TCSANOW, &settings));
	must(tcgetattr(slaves[2], &settings));
	check(settings.c_lflag & ECHO, "the settings are not locked");

	check(!can_write(slaves[3]), "the stop character is forgotten");
	must(tcflow(slaves[3], TCOON));
	check(!can_write(slaves[3]), "tcflow() starts it");
	must(write(masters[3], "\x11", 1));
	wait_until_going(slaves[3]);
	must(write(masters[3], " a line\n", 8));
	check(must(read(slaves[3], buffer, 16)) == 12 && !memcmp(buffer, "half a line\n", 12), "another line");
	check(!can_write(slaves[4]), "it was stopped and goes");
	must(write(masters[4],
		   "\x11"
		   "a\n",
		   3));
	check(must(read(slaves[4], buffer, 16)) == 2, "another line");
	check(!can_write(slaves[4]), "the start character starts it");
	must(tcflow(slaves[4], TCOON));
	wait_until_going(slaves[4]);
	pass();
}
