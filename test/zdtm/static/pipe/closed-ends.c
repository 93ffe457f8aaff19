// SPDX-License-Identifier: GPL-2.0-only
/* Pipes of which one end is closed: one with contents but no writer, one without reader.
 *
 * flavours: host ns uns
 */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int no_writer[2], no_reader[2], empty[2];
	char buffer[16];

	test_init(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	must(pipe(no_writer));
	must(write(no_writer[1], "last words", 10));
	close(no_writer[1]);
	must(pipe(no_reader));
	close(no_reader[0]);
	must(pipe(empty));
	close(empty[1]);
	test_ready();
	test_wait();
	check(read(no_writer[0], buffer, sizeof(buffer)) == 10 && !memcmp(buffer, "last words", 10),
	      "other contents");
	check(read(no_writer[0], buffer, sizeof(buffer)) == 0, "a pipe without writer does not end");
	check(write(no_reader[1], "x", 1) == -1 && errno == EPIPE, "a pipe without reader can be written");
	check(read(empty[0], buffer, sizeof(buffer)) == 0, "an empty pipe without writer does not end");
	pass();
}
