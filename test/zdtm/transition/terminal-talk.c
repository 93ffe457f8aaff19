// SPDX-License-Identifier: GPL-2.0-only
/* Two pairs of terminals on which processes write all the time, in both directions, one of them in lines with echo: nothing is
 * lost, doubled or changes its order, wherever the dump catches it.
 *
 * iterations: 10
 * not-compared: pending positions
 * kinds: tty
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int masters[2], slaves[2];

/* Whole records of seven digits and a newline; true at the end. */
static bool read_number(int fd, unsigned int *expected, const char *what)
{
	static char text[2][4096];
	static size_t have[2], at[2];
	int side = fd == masters[0] || fd == slaves[0] ? 0 : 1;
	unsigned int number;

	while (have[side] - at[side] < 8) {
		ssize_t got;

		memmove(text[side], text[side] + at[side], have[side] - at[side]);
		have[side] -= at[side];
		at[side] = 0;
		got = read(fd, text[side] + have[side], sizeof(text[side]) - have[side]);
		if (got < 0 && errno == EINTR)
			continue;
		check(got > 0, "%s: nothing to read: %s", what, strerror(errno));
		have[side] += (size_t)got;
	}
	check(text[side][at[side] + 7] == '\n', "%s: %u: a broken record", what, *expected);
	number = (unsigned int)strtoul(text[side] + at[side], NULL, 10);
	at[side] += 8;
	if (number == 9999999)
		return true;
	check(number == *expected, "%s: %u instead of %u", what, number, *expected);
	*expected = (*expected + 1) % 9000000;
	return false;
}

static void write_number(int fd, unsigned int number)
{
	char text[16];
	size_t done = 0;

	snprintf(text, sizeof(text), "%07u\n", number);
	while (done < 8) {
		ssize_t put = write(fd, text + done, 8 - done);

		if (put < 0 && errno == EINTR)
			continue;
		check(put > 0, "a write ended: %s", strerror(errno));
		done += (size_t)put;
	}
}

static pid_t start(void (*body)(void))
{
	pid_t pid = (pid_t)must(fork());

	if (pid)
		return pid;
	test_leave_starter();
	body();
	_exit(0);
}

static void write_to_slave(void)
{
	unsigned int n = 0;

	while (!test_stopped())
		write_number(slaves[0], n++ % 9000000);
	write_number(slaves[0], 9999999);
}

static void read_from_master(void)
{
	unsigned int expected = 0;

	while (!read_number(masters[0], &expected, "output"))
		;
}

/* The echo is read by nobody: it must not be so much that it blocks. */
static void write_to_master(void)
{
	unsigned int n = 0;

	while (!test_stopped())
		write_number(masters[1], n++ % 9000000);
	write_number(masters[1], 9999999);
}

static void read_from_slave(void)
{
	unsigned int expected = 0;

	while (!read_number(slaves[1], &expected, "input"))
		;
}

static void set_up(int slave, bool lines)
{
	struct termios settings;

	must(tcgetattr(slave, &settings));
	cfmakeraw(&settings);
	if (lines)
		settings.c_lflag |= ICANON | ISIG;
	must(tcsetattr(slave, TCSANOW, &settings));
}

int main(int argc, char **argv)
{
	void (*const bodies[])(void) = { write_to_slave, read_from_master, write_to_master, read_from_slave };
	pid_t pids[4];
	int status;

	test_init(argc, argv);
	for (int i = 0; i < 2; i++) {
		must(openpty(&masters[i], &slaves[i], NULL, NULL, NULL));
		set_up(slaves[i], i);
	}
	for (int i = 0; i < 4; i++)
		pids[i] = start(bodies[i]);
	test_ready();
	test_wait();
	kill(pids[0], SIGTERM);
	kill(pids[2], SIGTERM);
	for (int i = 0; i < 4; i++) {
		must(waitpid(pids[i], &status, 0));
		check(!status, "process %d ended with %#x", i, status);
	}
	pass();
}
