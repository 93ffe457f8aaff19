// SPDX-License-Identifier: GPL-2.0-only
/* A stream between two processes, which flows in both directions while it is dumped: no byte is lost or comes twice.
 *
 * kinds: unix
 * iterations: 10
 */
#include "test.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE 3001

static int pair[2];

/* Sends back what comes, until there is an end. */
static void echo(void *arg)
{
	static char data[7000];
	ssize_t got;

	(void)arg;
	must(close(pair[0]));
	test_ready();
	while ((got = must(read(pair[1], data, sizeof(data)))))
		for (ssize_t done = 0; done < got;)
			done += must(write(pair[1], data + done, (size_t)(got - done)));
	test_wait();
}

int main(int argc, char **argv)
{
	static char sent[PIECE], got[PIECE];
	uint32_t written = 0, checked = 0;
	pid_t child;

	test_init(argc, argv);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	child = test_child(echo, NULL);
	must(close(pair[1]));
	test_ready();
	while (!test_stopped() || checked < written) {
		size_t done = 0;

		while (!test_stopped() && written - checked < 8) {
			test_fill(sent, sizeof(sent), written++);
			for (size_t at = 0; at < PIECE;)
				at += (size_t)must(write(pair[0], sent + at, PIECE - at));
		}
		if (checked == written)
			continue;
		while (done < PIECE)
			done += (size_t)must(read(pair[0], got + done, PIECE - done));
		check(test_differs(got, PIECE, checked) < 0, "piece %u differs", checked);
		checked++;
	}
	must(shutdown(pair[0], SHUT_WR));
	test_end_child(child);
	pass();
}
