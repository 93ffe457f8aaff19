// SPDX-License-Identifier: GPL-2.0-only
/* Two thousand descriptors of files and pipes, with holes between their numbers.
 *
 * flavours: host ns
 */
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT 2000

int main(int argc, char **argv)
{
	struct stat file, status;
	int last = 0, ends[2];

	test_init(argc, argv);
	close(must(open("file", O_RDWR | O_CREAT, 0644)));
	must(stat("file", &file));
	for (int i = 0; i < COUNT; i++) {
		if (i % 10 == 9)
			must(pipe(ends));
		else
			last = must(open("file", O_RDONLY));
		if (i % 10 < 9)
			must(lseek(last, last, SEEK_SET));
	}
	for (int fd = 200; fd < last; fd += 37)
		close(fd);
	test_ready();
	test_wait();
	for (int fd = 200; fd <= last; fd++) {
		if ((fd - 200) % 37 == 0 && fd < last) {
			check(fcntl(fd, F_GETFD) == -1, "descriptor %d is open", fd);
			continue;
		}
		must(fstat(fd, &status));
		if (S_ISREG(status.st_mode))
			check(status.st_ino == file.st_ino && lseek(fd, 0, SEEK_CUR) == fd,
			      "descriptor %d has changed", fd);
		else
			check(S_ISFIFO(status.st_mode), "descriptor %d is something else", fd);
	}
	pass();
}
