// SPDX-License-Identifier: GPL-2.0-only
/* What waits in a pair. The kernel lets nobody look at it: it is taken out and put back, by way of the line discipline
 * (drivers/tty/n_tty.c), whose settings are others meanwhile. */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "criu/objects/fd/tty-internal.h"
#include "criu/util/macros.h"

#define ROUNDS 5000 /* of a millisecond: the kernel carries bytes over when it gets to it */
/* Small pieces fill the buffers of the kernel as closely as anybody can (drivers/tty/tty_buffer.c): each has room for twice
 * its size. The last buffer may go beyond their limit, so it is a large one. */
#define PIECE 256U
#define LARGE_PIECE 1792U

/* Of the 4095 bytes that a line discipline takes, one is left for the stop character. */
#define DISCIPLINE_ROOM 4094U

/* Characters of the settings under which lines are put back. */
#define END_OF_FILE 0x04
#define START 0x11
#define STOP 0x13
#define LITERAL 0x16

enum phase { TAKE_OUTPUT, TAKE_LINES, TAKE_REST };

static bool is_ready(int fd, short event)
{
	struct pollfd poller = { .fd = fd, .events = event };

	/* Waits for the kernel to carry over what was written, too. */
	return poll(&poller, 1, 0) == 1 && poller.revents & event;
}

static void wait_a_moment(void)
{
	struct timespec moment = { .tv_nsec = 1000 * 1000 };

	nanosleep(&moment, NULL);
}

/* With EXTPROC the other end makes lines, and nothing is held back here. */
static bool makes_lines(const struct kernel_termios *settings)
{
	return settings->local & ICANON && !(settings->local & EXTPROC);
}

static int set(int slave, const struct kernel_termios *settings, uint32_t input, uint32_t local)
{
	struct kernel_termios neutral = *settings;

	neutral.input = input;
	neutral.output = 0;
	neutral.local = local;
	memset(neutral.characters, 0, sizeof(neutral.characters));
	neutral.characters[VMIN] = 1;
	if (local & ICANON) {
		neutral.characters[VEOF] = END_OF_FILE;
		neutral.characters[VLNEXT] = LITERAL;
	}
	if (input & IXON) {
		neutral.characters[VSTART] = START;
		neutral.characters[VSTOP] = STOP;
	}
	return ioctl(slave, TTY_SET_TERMIOS, &neutral) < 0 ? -errno : 0;
}

/* --- out --- */

/* What is noted last makes a piece ours: before that it can be known from what the kernel counts. */
static void note(uint32_t *number, uint32_t value)
{
	__atomic_store_n(number, value, __ATOMIC_SEQ_CST);
}

static ssize_t take_piece(int fd, struct tty_contents *contents, uint8_t *room, uint32_t size)
{
	ssize_t got = read(fd, room, size);
	int error = errno;

	if (got < 0)
		note(&contents->taking.nr_reads, contents->taking.nr_reads + 1);
	return got < 0 ? -error : got;
}

static int take_output(int master, struct tty_contents *contents)
{
	while (is_ready(master, POLLIN)) {
		ssize_t got;

		if (contents->nr_output == TTY_BYTES_MAX)
			return -EFBIG;
		got = take_piece(master, contents, contents->output + contents->nr_output,
				 TTY_BYTES_MAX - contents->nr_output);
		if (got < 0)
			return (int)got;
		note(&contents->nr_output, contents->nr_output + (uint32_t)got);
		note(&contents->taking.nr_reads, contents->taking.nr_reads + 1);
	}
	return 0;
}

/* Nothing waits in front of the slave: if it still cannot write, it was stopped. TCOON starts only what TCOOFF stopped;
 * else it was the stop character, which is forgotten with IXON. What somebody else has found out before us stays. */
static int take_flow(int slave, struct tty_contents *contents)
{
	if (contents->flow == TTY_STOPPED_BY_CHARACTER)
		return 0;
	if (contents->flow == TTY_FLOWS && is_ready(slave, POLLOUT))
		return 0;
	note(&contents->flow, TTY_STOPPED_BY_CALL);
	if (ioctl(slave, TCXONC, TCOON) < 0)
		return -errno;
	if (!is_ready(slave, POLLOUT))
		note(&contents->flow, TTY_STOPPED_BY_CHARACTER);
	return 0;
}

static int take_input(int slave, struct tty_contents *contents, bool lines)
{
	while (is_ready(slave, POLLIN)) {
		ssize_t got;

		if (contents->nr_input >= TTY_BYTES_MAX || contents->nr_lines >= TTY_LINES_MAX)
			return -EFBIG;
		got = take_piece(slave, contents, contents->input + contents->nr_input,
				 TTY_BYTES_MAX - contents->nr_input);
		if (got < 0)
			return (int)got;
		contents->lines[contents->nr_lines] = (uint32_t)got;
		if (lines)
			note(&contents->nr_lines, contents->nr_lines + 1);
		note(&contents->nr_input, contents->nr_input + (uint32_t)got);
		note(&contents->taking.nr_reads, contents->taking.nr_reads + 1);
	}
	return 0;
}

/* Turning lines on once more would make one of what is not complete. */
static int take_lines(int slave, const struct kernel_termios *settings, struct tty_contents *contents)
{
	int ret;

	if (contents->taking.phase == TAKE_REST)
		return 0;
	note(&contents->taking.reads_before_lines, contents->taking.nr_reads);
	note(&contents->taking.phase, TAKE_LINES);
	ret = set(slave, settings, 0, ICANON);
	return ret < 0 ? ret : take_input(slave, contents, true);
}

/* A line that is not complete yet shows only when there are no lines. */
int tty_take_contents(int master, int slave, const struct kernel_termios *settings, struct tty_contents *contents)
{
	int ret = take_output(master, contents);

	if (ret == 0)
		ret = take_flow(slave, contents);
	if (ret == 0 && makes_lines(settings))
		ret = take_lines(slave, settings, contents);
	if (ret < 0)
		return ret;
	note(&contents->taking.phase, TAKE_REST);
	ret = set(slave, settings, 0, 0);
	return ret < 0 ? ret : take_input(slave, contents, false);
}

void tty_begin_taking(struct tty_contents *contents)
{
	contents->taking.nr_reads = contents->taking.reads_before_lines = 0;
	contents->taking.bytes_before = contents->nr_output + contents->nr_input;
	contents->taking.lines_before = contents->nr_lines;
}

/* Of lines the number is noted first, and one may be empty. */
void tty_correct_notes(struct tty_contents *contents, uint64_t bytes, uint64_t nr_reads)
{
	const struct tty_taking *taking = &contents->taking;
	uint32_t missing;

	if (taking->phase == TAKE_LINES) {
		contents->nr_input = 0;
		for (uint32_t i = 0; i < contents->nr_lines; i++)
			contents->nr_input += contents->lines[i];
	}
	missing = (uint32_t)bytes - (contents->nr_output + contents->nr_input - taking->bytes_before);
	if (taking->phase == TAKE_LINES &&
	    nr_reads - taking->reads_before_lines > contents->nr_lines - taking->lines_before)
		contents->lines[contents->nr_lines++] = missing;
	if (taking->phase == TAKE_OUTPUT)
		contents->nr_output += missing;
	else
		contents->nr_input += missing;
}

static int drain(int fd)
{
	uint8_t scratch[256];

	while (is_ready(fd, POLLIN))
		if (read(fd, scratch, sizeof(scratch)) < 0)
			return -errno;
	return 0;
}

int tty_discard_contents(int master, int slave, const struct kernel_termios *settings)
{
	int ret = set(slave, settings, 0, 0);

	if (ret == 0 && ioctl(slave, TCXONC, TCOON) < 0)
		ret = -errno;
	if (ret == 0)
		ret = drain(master);
	return ret < 0 ? ret : drain(slave);
}

/* --- in --- */

static int write_piece(int fd, const uint8_t *data, uint32_t size)
{
	uint32_t done = 0;

	for (int round = 0; done < size;) {
		ssize_t put = write(fd, data + done, size - done);

		if (put < 0 && errno != EAGAIN)
			return -errno;
		if (put > 0)
			done += (uint32_t)put;
		else if (round++ > ROUNDS)
			return -EFBIG;
		else
			wait_a_moment();
	}
	return 0;
}

static int write_closely(int fd, const uint8_t *data, uint32_t left)
{
	int ret = 0;

	while (left && ret == 0) {
		uint32_t size = MIN(left, left <= 2 * LARGE_PIECE ? LARGE_PIECE : PIECE);

		ret = write_piece(fd, data, size);
		data += size;
		left -= size;
	}
	return ret;
}

static bool is_special(uint8_t byte, bool last)
{
	return byte == END_OF_FILE || byte == START || byte == STOP || byte == LITERAL || (byte == '\n' && !last);
}

/* Behind the last character of a line comes its end, unless that is it. */
static uint32_t encode_line(const uint8_t *line, uint32_t length, bool complete, uint8_t *ret)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < length; i++) {
		if (is_special(line[i], complete && i == length - 1))
			ret[nr++] = LITERAL;
		ret[nr++] = line[i];
	}
	if (complete && (!length || line[length - 1] != '\n'))
		ret[nr++] = END_OF_FILE;
	return nr;
}

static bool is_stopped(int slave)
{
	for (int round = 0; round < ROUNDS; round++) {
		if (!is_ready(slave, POLLOUT))
			return true;
		wait_a_moment();
	}
	return false;
}

/* The stop character tells when all in front of it has arrived. */
static int stop(int master, int slave)
{
	uint8_t character = STOP;
	int ret = write_piece(master, &character, 1);

	if (ret < 0)
		return ret;
	return is_stopped(slave) ? 0 : -ETIME;
}

/* Line after line as long as the line discipline has room, then what there is of the next. */
static int give_lines(int master, const struct tty_contents *contents, uint32_t *ret_given)
{
	uint8_t encoded[2 * DISCIPLINE_ROOM + 2];
	uint32_t at = 0, used = 0, length;
	int ret = 0;

	for (uint32_t i = 0; i < contents->nr_lines && ret == 0; i++) {
		length = contents->lines[i];
		if (length >= DISCIPLINE_ROOM - used)
			break;
		ret = write_piece(master, encoded, encode_line(contents->input + at, length, true, encoded));
		at += length;
		used += length + 1;
	}
	length = MIN(contents->nr_input - at, DISCIPLINE_ROOM - used);
	if (ret == 0)
		ret = write_piece(master, encoded, encode_line(contents->input + at, length, false, encoded));
	*ret_given = at + length;
	return ret;
}

static int give_bytes(int master, int slave, const struct tty_contents *contents, uint32_t *ret_given)
{
	uint32_t size = MIN(contents->nr_input, DISCIPLINE_ROOM);
	int ret = write_closely(master, contents->input, size), there = 0;

	*ret_given = size;
	for (int round = 0; ret == 0 && round < ROUNDS; round++) {
		is_ready(slave, POLLIN);
		if (ioctl(slave, FIONREAD, &there) < 0)
			return -errno;
		if (there == (int)size)
			return 0;
		wait_a_moment();
	}
	return ret < 0 ? ret : -ETIME;
}

static int give_input(int master, int slave, const struct kernel_termios *settings,
		      const struct tty_contents *contents, uint32_t *ret_given)
{
	bool lines = makes_lines(settings);
	int ret;

	if (!contents->nr_input && !contents->nr_lines)
		return 0;
	if (!lines)
		return give_bytes(master, slave, contents, ret_given);
	ret = set(slave, settings, IXON, ICANON | IEXTEN);
	if (ret == 0)
		ret = give_lines(master, contents, ret_given);
	if (ret == 0)
		ret = stop(master, slave);
	/* Without IXON it goes on. */
	return ret < 0 ? ret : set(slave, settings, 0, ICANON);
}

static int give_flow(int master, int slave, const struct kernel_termios *settings, const struct tty_contents *contents)
{
	int ret = 0;

	if (contents->flow == TTY_STOPPED_BY_CALL)
		return ioctl(slave, TCXONC, TCOOFF) < 0 ? -errno : 0;
	if (contents->flow != TTY_STOPPED_BY_CHARACTER)
		return 0;
	ret = set(slave, settings, IXON, makes_lines(settings) ? ICANON : 0);
	return ret < 0 ? ret : stop(master, slave);
}

/* What the line discipline had no room for has not been looked at yet: that is for its own settings. */
int tty_give_contents(int master, int slave, const struct kernel_termios *settings,
		      const struct tty_contents *contents)
{
	uint32_t given = 0;
	int ret = set(slave, settings, 0, makes_lines(settings) ? ICANON : 0), last;

	if (ret == 0)
		ret = write_closely(slave, contents->output, contents->nr_output);
	if (ret == 0)
		ret = give_input(master, slave, settings, contents, &given);
	if (ret == 0)
		ret = give_flow(master, slave, settings, contents);
	last = ioctl(slave, TTY_SET_TERMIOS, settings) < 0 ? -errno : 0;
	if (ret == 0 && last == 0)
		ret = write_closely(master, contents->input + given, contents->nr_input - given);
	return ret < 0 ? ret : last;
}
