// SPDX-License-Identifier: GPL-2.0-only
/* What cannot be kept of terminals: a report of packet mode that waits, echoes of a slave that nobody has opened, another line
 * discipline, a virtual terminal without --shell-job.
 *
 * refuses: a change of state waits to be read (TIOCPKT); as long as nobody has opened its slave; another line discipline
 */
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int master, slave, unopened, third, third_slave, on = 1, discipline = 27; /* N_NULL */
	struct pollfd echo = { .events = POLLIN };
	char byte;

	test_init(argc, argv);
	must(openpty(&master, &slave, NULL, NULL, NULL));
	must(ioctl(master, TIOCPKT, &on));
	must(tcflush(slave, TCIFLUSH));
	echo.fd = unopened = must(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	must(write(unopened, "x", 1));
	check(poll(&echo, 1, -1) == 1, "no echo"); /* a worker of the kernel makes it */
	must(openpty(&third, &third_slave, NULL, NULL, NULL));
	if (ioctl(third_slave, TIOCSETD, &discipline) < 0)
		skip("no other line discipline");

	test_ready();
	test_wait();

	check(must(read(master, &byte, 1)) == 1 && byte == TIOCPKT_FLUSHREAD, "the report is lost");
	check(must(read(unopened, &byte, 1)) == 1 && byte == 'x', "the echo is lost");
	pass();
}
