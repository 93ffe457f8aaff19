// SPDX-License-Identifier: GPL-2.0-only
/* EPOLLONESHOT: what was told is disabled, whether data lie there or not and even when the other end is closed, until it
 * is enabled again; what was not told is told once.
 *
 * kinds: epoll
 */
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EMPTY, FULL, ENABLED, WRITER, NR };

static void control(int epoll, int operation, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events | EPOLLONESHOT, .data.u64 = data };

	must(epoll_ctl(epoll, operation, fd, &event));
}

static void check_disabled(int epoll, int number)
{
	char path[64], line[128], wanted[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", epoll);
	snprintf(wanted, sizeof(wanted), "tfd: %8d events: 40000000", number);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, wanted, strlen(wanted))) {
			fclose(file);
			return;
		}
	fail("descriptor %d is not disabled", number);
}

int main(int argc, char **argv)
{
	struct epoll_event events[NR];
	int epoll, pipes[NR][2], nr;
	char buffer[8];

	test_init(argc, argv);
	epoll = must(epoll_create1(0));
	for (int i = 0; i < NR; i++)
		must(pipe(pipes[i]));
	for (int i = 0; i < WRITER; i++) {
		control(epoll, EPOLL_CTL_ADD, pipes[i][0], EPOLLIN, i);
		if (i != ENABLED)
			must(write(pipes[i][1], "data", 4));
	}
	control(epoll, EPOLL_CTL_ADD, pipes[WRITER][1], EPOLLOUT, WRITER);
	nr = must(epoll_wait(epoll, events, NR, 0));
	check(nr == 3, "%d events", nr);
	must(read(pipes[EMPTY][0], buffer, sizeof(buffer)));

	test_ready();
	test_wait();

	check_disabled(epoll, pipes[EMPTY][0]);
	check_disabled(epoll, pipes[FULL][0]);
	check_disabled(epoll, pipes[WRITER][1]);
	close(pipes[EMPTY][1]);
	must(write(pipes[FULL][1], "x", 1));
	nr = must(epoll_wait(epoll, events, NR, 0));
	check(nr == 0, "%d events of what is disabled, the first of pipe %lu", nr,
	      (unsigned long)events[0].data.u64);
	check(read(pipes[EMPTY][0], buffer, sizeof(buffer)) == 0, "the empty pipe has something");
	must(write(pipes[ENABLED][1], "x", 1));
	nr = must(epoll_wait(epoll, events, NR, 0));
	check(nr == 1 && events[0].data.u64 == ENABLED, "the enabled one is not told");
	control(epoll, EPOLL_CTL_MOD, pipes[FULL][0], EPOLLIN, FULL);
	nr = must(epoll_wait(epoll, events, NR, 0));
	check(nr == 1 && events[0].data.u64 == FULL, "it cannot be enabled again");
	check(read(pipes[FULL][0], buffer, sizeof(buffer)) == 5, "data are lost");
	pass();
}
