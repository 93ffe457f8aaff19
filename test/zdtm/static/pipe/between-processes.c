// SPDX-License-Identifier: GPL-2.0-only
/* A question and an answer pipe between parent and child, with contents in both, and a second child that shares an end.
 *
 * flavours: host ns uns
 */
#include "test.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int question[2], answer[2];

static void expect(int fd, const char *text)
{
	char now[64];
	size_t n = 0;

	while (n < strlen(text)) {
		ssize_t got = read(fd, now + n, strlen(text) - n);

		check(got > 0 || errno == EINTR, "the pipe ends after %zu bytes", n);
		n += got > 0 ? got : 0;
	}
	check(!memcmp(now, text, n), "'%.*s' instead of '%s'", (int)n, now, text);
}

static void answerer(void *arg)
{
	char byte;

	close(question[1]);
	close(answer[0]);
	must(write(answer[1], "before ", 7));
	test_ready();
	test_wait();
	expect(question[0], "asked early, asked late");
	must(write(answer[1], "after", 5));
	/* The end of the question: nobody holds its writing end any more. */
	check(read(question[0], &byte, 1) == 0, "the question does not end");
}

static void holder(void *arg)
{
	close(question[0]);
	close(answer[0]);
	close(answer[1]);
	test_ready();
	test_wait();
}

int main(int argc, char **argv)
{
	pid_t first, second;

	test_init(argc, argv);
	must(pipe(question));
	must(pipe(answer));
	first = test_child(answerer, NULL);
	second = test_child(holder, NULL);
	close(question[0]);
	close(answer[1]);
	must(write(question[1], "asked early, ", 13));
	test_ready();
	test_wait();
	must(write(question[1], "asked late", 10));
	expect(answer[0], "before ");
	test_end_child(second);
	close(question[1]);
	test_end_child(first);
	expect(answer[0], "after");
	pass();
}
