// SPDX-License-Identifier: GPL-2.0-only
/* A pseudo terminal, both ends of it, several slaves: number, size, settings, owner, a lock set again, and what waits in it
 * in both directions.
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static void expect(int fd, const char *bytes, const char *what)
{
	char buffer[128] = "";
	ssize_t got = must(read(fd, buffer, sizeof(buffer)));

	check((size_t)got == strlen(bytes) && !memcmp(buffer, bytes, got), "%s: '%s' instead of '%s'", what,
	      buffer, bytes);
}

int main(int argc, char **argv)
{
	struct winsize size = { 33, 77, 12, 13 };
	struct termios settings;
	struct stat st;
	int master, slave, other, locked = 1, number;
	char *name;

	test_init(argc, argv);
	master = must(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	must(grantpt(master));
	must(unlockpt(master));
	name = strdup(ptsname(master));
	must(ioctl(master, TIOCGPTN, &number));
	slave = must(open(name, O_RDWR | O_NOCTTY));
	other = must(open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK));
	must(tcgetattr(slave, &settings));
	settings.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
	settings.c_iflag |= ICRNL;
	settings.c_cc[VMIN] = 3;
	settings.c_cc[VINTR] = 7;
	must(tcsetattr(slave, TCSANOW, &settings));
	must(ioctl(master, TIOCSWINSZ, &size));
	must(fchown(slave, 17, 18));
	must(fchmod(slave, 0604));
	must(write(slave, "to the\nmaster", 13));
	must(write(master, "to\rthe slave", 12));
	must(ioctl(master, TIOCSPTLCK, &locked));

	test_ready();
	test_wait();

	memset(&size, 0, sizeof(size));
	must(ioctl(slave, TIOCGWINSZ, &size));
	check(size.ws_row == 33 && size.ws_col == 77 && size.ws_xpixel == 12 && size.ws_ypixel == 13,
	      "another size");
	must(tcgetattr(slave, &settings));
	check(!(settings.c_lflag & (ICANON | ECHO)) && settings.c_iflag & ICRNL && settings.c_cc[VMIN] == 3 &&
		      settings.c_cc[VINTR] == 7,
	      "other settings");
	must(fstat(slave, &st));
	check(st.st_uid == 17 && st.st_gid == 18 && (st.st_mode & 0777) == 0604, "another owner or mode %o",
	      st.st_mode);
	check(!strcmp(ptsname(master), name), "another number");
	locked = 0;
	must(ioctl(master, TIOCGPTLCK, &locked));
	check(locked, "the lock is gone");
	expect(master, "to the\r\nmaster", "master");
	expect(slave, "to\nthe slave", "slave");
	must(write(other, "more", 4));
	expect(master, "more", "master");
	must(write(master, "end", 3));
	expect(slave, "end", "slave");
	pass();
}
