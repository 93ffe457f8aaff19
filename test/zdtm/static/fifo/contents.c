// SPDX-License-Identifier: GPL-2.0-only
/* Named pipes with bytes in them: several readers and writers in two processes, one open for both ways, one that only a
 * writer has, a large one, one whose name was deleted. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int writer;

static void other(void *unused)
{
	writer = must(open("two-ends", O_WRONLY | O_APPEND));
	must(write(writer, "from the child", 14));
	test_ready();
	test_wait();
	must(write(writer, ", again", 7));
}

static void check_text(int fd, const char *text)
{
	char found[64] = "";

	check(read(fd, found, sizeof(found) - 1) == (ssize_t)strlen(text), "'%s' instead of '%s'", found, text);
	check(!strcmp(found, text), "'%s' instead of '%s'", found, text);
}

int main(int argc, char **argv)
{
	int reader, second, both, only, large, gone[2];
	struct stat first, again;
	pid_t child;

	test_init(argc, argv);
	must(mkfifo("two-ends", 0640));
	must(mkfifo("both", 0600));
	must(mkfifo("large", 0600));
	must(mkfifo("gone", 0604));
	reader = must(open("two-ends", O_RDONLY | O_NONBLOCK));
	must(fcntl(reader, F_SETFL, 0));
	second = must(open("two-ends", O_RDONLY | O_NONBLOCK));
	child = test_child(other, NULL);
	both = must(open("both", O_RDWR));
	only = must(open("both", O_WRONLY | O_NONBLOCK));
	must(write(only, "kept by a writer", 16));
	must(close(both));
	large = must(open("large", O_RDWR));
	must(fcntl(large, F_SETPIPE_SZ, 1 << 18));
	gone[0] = must(open("gone", O_RDWR));
	gone[1] = must(open("gone", O_RDONLY));
	must(write(gone[0], "deleted", 7));
	must(unlink("gone"));
	test_ready();
	test_wait();
	check_text(second, "from the child");
	test_end_child(child);
	check_text(reader, ", again");
	check(read(reader, &first, 1) == 0, "the child is still there");
	check(fcntl(large, F_GETPIPE_SZ) == 1 << 18, "size %d", fcntl(large, F_GETPIPE_SZ));
	both = must(open("both", O_RDONLY));
	check_text(both, "kept by a writer");
	check_text(gone[1], "deleted");
	must(fstat(gone[0], &first));
	must(fstat(gone[1], &again));
	check(first.st_ino == again.st_ino && first.st_mode == (S_IFIFO | 0604) && !first.st_nlink, "deleted fifo");
	check(access("gone", F_OK) < 0 && errno == ENOENT, "the name is back");
	pass();
}
