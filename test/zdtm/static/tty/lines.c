// SPDX-License-Identifier: GPL-2.0-only
/* A terminal that makes lines: complete ones, one that the end-of-file character ended, an end of file alone, half a line
 * that is still being typed (and can be erased), quoted characters, and echoes that the master has not read.
 *
 * kinds: tty tty_data
 */
#include "test.h"

#include <fcntl.h>
#include <pty.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static void expect(int fd, const char *bytes)
{
	char buffer[128] = "";
	ssize_t got = must(read(fd, buffer, sizeof(buffer)));

	check((size_t)got == strlen(bytes) && !memcmp(buffer, bytes, got), "'%s' (%zd) instead of '%s'",
	      buffer, got, bytes);
}

static void type(int master, const char *text)
{
	must(write(master, text, strlen(text)));
}

/* The kernel echoes what it has taken: when all is echoed, all has arrived. */
static void wait_for_echo(int master, int count)
{
	int there = 0;

	while (there < count)
		must(ioctl(master, FIONREAD, &there));
}

int main(int argc, char **argv)
{
	int master, slave, raw, raw_slave;
	struct termios settings;

	test_init(argc, argv);
	must(openpty(&master, &slave, NULL, NULL, NULL));
	type(master, "first\nsecond\n");
	type(master, "ended\x04");
	type(master, "\x04");
	type(master, "quoted \x16\x16 and \x16\x04 and \x16\x13 and \x16\x11\n");
	type(master, "half a lime");
	wait_for_echo(master, 7 + 8 + 5 + 11 + 30);

	must(openpty(&raw, &raw_slave, NULL, NULL, NULL));
	must(tcgetattr(raw_slave, &settings));
	cfmakeraw(&settings);
	must(tcsetattr(raw_slave, TCSANOW, &settings));
	must(write(raw, "\x00\x04\x13\x16\xff\x11", 6));

	test_ready();
	test_wait();

	expect(slave, "first\n");
	expect(slave, "second\n");
	expect(slave, "ended");
	expect(slave, "");
	expect(slave, "quoted \x16 and \x04 and \x13 and \x11\n");
	type(master, "\x7f\x7fne\n");
	expect(slave, "half a line\n");
	must(fcntl(slave, F_SETFL, O_NONBLOCK));
	check(read(slave, &settings, 1) < 0, "there is more to read");
	{
		char bytes[16];

		check(must(read(raw_slave, bytes, 16)) == 6 && !memcmp(bytes, "\x00\x04\x13\x16\xff\x11", 6),
		      "other bytes");
	}
	{
		char echo[256] = "";

		must(read(master, echo, sizeof(echo)));
		check(!strncmp(echo, "first\r\nsecond\r\nended", 20), "the echo is '%s'", echo);
	}
	pass();
}
