// SPDX-License-Identifier: GPL-2.0-only
/* What an epoll watches: conditions and data words, one file under two numbers, two files under one number, a number that
 * is closed while its file lives on under another, here or in a child alone.
 *
 * kinds: epoll
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define LINES 16
#define FAR 700

static int compare(const void *left, const void *right)
{
	return strcmp(left, right);
}

/* The targets as /proc tells them; the kernel's order is that of addresses. */
static size_t list(int fd, char lines[LINES][128])
{
	char path[64];
	size_t nr = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	check(file, "no fdinfo");
	while (nr < LINES && fgets(lines[nr], sizeof(lines[nr]), file))
		if (!strncmp(lines[nr], "tfd:", 4)) {
			*strstr(lines[nr], " ino:") = '\0';
			nr++;
		}
	fclose(file);
	qsort(lines, nr, sizeof(lines[0]), compare);
	return nr;
}

static void watch(int epoll, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

static void expect(int epoll, int writer, uint64_t data)
{
	struct epoll_event events[4];
	char byte = 1;
	int nr;

	must(write(writer, &byte, 1));
	nr = must(epoll_wait(epoll, events, ARRAY_SIZE(events), 0));
	check(nr == 1 && events[0].data.u64 == data, "%d events, the first for %lx instead of %lx", nr,
	      (unsigned long)events[0].data.u64, (unsigned long)data);
}

static int child_pipe[2], epoll;

static void child(void *arg)
{
	close(child_pipe[1]);
	test_ready();
	test_wait();
}

int main(int argc, char **argv)
{
	int first[2], twice[2], old[2], new[2], closed[2], far;
	char before[LINES][128], after[LINES][128], byte;
	struct epoll_event events[4];
	size_t nr;
	pid_t pid;

	test_init(argc, argv);
	epoll = must(epoll_create1(EPOLL_CLOEXEC));
	must(fcntl(epoll, F_SETFL, O_NONBLOCK));
	must(pipe(first));
	must(pipe(twice));
	must(pipe(old));
	must(pipe(new));
	must(pipe(closed));
	must(pipe(child_pipe));
	watch(epoll, first[0], EPOLLIN | EPOLLEXCLUSIVE, 0x123456789abcdef0);
	watch(epoll, twice[0], EPOLLIN | EPOLLRDNORM, 2);
	far = must(fcntl(twice[0], F_DUPFD, FAR));
	watch(epoll, far, EPOLLOUT, 3);
	/* Two files that had the same number, of which the older has another now. */
	watch(epoll, old[0], EPOLLIN, 4);
	byte = (char)old[0];
	old[0] = must(dup(old[0]));
	must(dup2(new[0], byte));
	watch(epoll, byte, EPOLLIN, 5);
	/* One whose number is free, beyond all others. */
	far = must(fcntl(closed[0], F_DUPFD, FAR + 100));
	watch(epoll, far, EPOLLIN | EPOLLRDHUP, 6);
	close(far);
	watch(epoll, child_pipe[0], EPOLLIN, 7);
	pid = test_child(child, NULL);
	close(child_pipe[0]);
	nr = list(epoll, before);
	check(nr == 7, "%zu targets", nr);

	test_ready();
	test_wait();

	check(list(epoll, after) == nr, "other targets");
	for (size_t i = 0; i < nr; i++)
		check(!strcmp(before[i], after[i]), "'%s' instead of '%s'", after[i], before[i]);
	check(fcntl(epoll, F_GETFL) & O_NONBLOCK && fcntl(epoll, F_GETFD) == FD_CLOEXEC, "flags are lost");
	expect(epoll, first[1], 0x123456789abcdef0);
	must(read(first[0], &byte, 1));
	expect(epoll, twice[1], 2);
	must(read(twice[0], &byte, 1));
	expect(epoll, old[1], 4);
	must(read(old[0], &byte, 1));
	expect(epoll, new[1], 5);
	must(read(new[0], &byte, 1));
	expect(epoll, closed[1], 6);
	must(read(closed[0], &byte, 1));
	expect(epoll, child_pipe[1], 7);
	test_end_child(pid);
	check(epoll_wait(epoll, events, 4, 0) == 0, "what nobody has any more is still watched");
	pass();
}
