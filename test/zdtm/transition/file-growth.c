// SPDX-License-Identifier: GPL-2.0-only
/* A file is appended to and read back all the time; every line is there once at the end.
 *
 * flavours: host ns
 * not-compared: positions
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char line[32];
	FILE *stream;
	long number = 0;
	int fd, n;

	test_init(argc, argv);
	fd = must(open("growing", O_WRONLY | O_CREAT, 0644));
	test_ready();
	while (!test_stopped()) {
		n = snprintf(line, sizeof(line), "%ld\n", number++);
		check(write(fd, line, n) == n, "short write");
		usleep(100);
	}
	stream = fopen("growing", "re");
	check(stream, "the file is gone");
	for (long i = 0; i < number; i++)
		check(fgets(line, sizeof(line), stream) && atol(line) == i, "line %ld is '%s'", i, line);
	check(!fgets(line, sizeof(line), stream), "there is a line too many");
	pass();
}
