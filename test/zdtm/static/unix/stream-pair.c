// SPDX-License-Identifier: GPL-2.0-only
/* A pair of stream sockets with bytes in both directions, in one process and in another one.
 *
 * kinds: unix unix_queues
 */
#include "test.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LARGE 100000

static int pair[2];

static void answer(void *arg)
{
	char text[8] = { 0 };

	(void)arg;
	must(close(pair[0]));
	test_ready();
	test_wait();
	check(read(pair[1], text, 5) == 5 && !strcmp(text, "hello"), "the child got '%s'", text);
	check(write(pair[1], "world", 5) == 5, "the child cannot answer");
}

int main(int argc, char **argv)
{
	static char sent[LARGE], got[LARGE];
	char text[8] = { 0 };
	size_t done = 0;
	pid_t child;
	int own[2];

	test_init(argc, argv);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, own));
	child = test_child(answer, NULL);
	must(close(pair[1]));
	check(write(pair[0], "hello", 5) == 5, "nothing can be sent");
	test_fill(sent, sizeof(sent), 1);
	check(write(own[0], sent, sizeof(sent)) == LARGE, "not all can be sent");
	check(write(own[1], "back", 4) == 4, "nothing can be sent back");

	test_ready();
	test_wait();

	test_end_child(child);
	check(read(pair[0], text, 5) == 5 && !strcmp(text, "world"), "the parent got '%s'", text);
	check(read(pair[0], text, 5) == 0, "the end of the child is not seen");
	while (done < LARGE)
		done += (size_t)must(read(own[1], got + done, LARGE - done));
	check(test_differs(got, sizeof(got), 1) < 0, "byte %zd differs", test_differs(got, sizeof(got), 1));
	check(recv(own[1], got, 1, MSG_DONTWAIT) < 0, "there is more than was sent");
	check(read(own[0], got, 10) == 4 && !memcmp(got, "back", 4), "the other direction is lost");
	pass();
}
