// SPDX-License-Identifier: GPL-2.0-only
/* A virtual terminal that nobody uses becomes that of a session of the tree: it is again, with settings and group.
 *
 * kinds: tty controlling_terminal
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vt.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static int terminal;

static void leader(void *arg)
{
	struct termios settings;

	must(setsid());
	must(ioctl(terminal, TIOCSCTTY, 0));
	must(tcgetattr(terminal, &settings));
	settings.c_cc[VINTR] = 9;
	must(tcsetattr(terminal, TCSANOW, &settings));

	test_ready();
	test_wait();

	must(tcgetattr(terminal, &settings));
	check(settings.c_cc[VINTR] == 9, "other settings");
	check(tcgetsid(terminal) == getpid() && tcgetpgrp(terminal) == getpid(), "session %d", tcgetsid(terminal));
}

int main(int argc, char **argv)
{
	int any, number;
	char name[32];
	pid_t pid;

	test_init(argc, argv);
	any = open("/dev/tty0", O_RDWR | O_NOCTTY);
	if (any < 0 || ioctl(any, VT_OPENQRY, &number) < 0 || number < 0)
		skip("there is no free virtual terminal");
	snprintf(name, sizeof(name), "/dev/tty%d", number);
	terminal = open(name, O_RDWR | O_NOCTTY);
	if (terminal < 0)
		skip("%s cannot be opened", name);
	close(any);
	pid = test_child(leader, NULL);

	test_ready();
	test_wait();

	test_end_child(pid);
	close(terminal);
	any = must(open("/dev/tty0", O_RDWR | O_NOCTTY));
	if (ioctl(any, VT_DISALLOCATE, number) < 0)
		check(errno == EBUSY, "it cannot be given back");
	pass();
}
