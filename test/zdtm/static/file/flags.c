// SPDX-License-Identifier: GPL-2.0-only
/* Every flag that a file can be opened with or given later is there again, on files, directories and devices; one
 * description that a child shares stays one, one that it opened for itself stays another. */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *name;
	int flags;
} files[] = {
	{ "file", O_RDONLY },
	{ "file", O_WRONLY | O_SYNC },
	{ "file", O_RDWR | O_DSYNC | O_NONBLOCK },
	{ "file", O_RDWR | O_APPEND | O_NOATIME },
	{ "file", O_RDONLY | O_DIRECT },
	{ "file", O_RDONLY | O_NOFOLLOW },
	{ ".", O_RDONLY | O_DIRECTORY | O_NONBLOCK },
	{ ".", O_PATH },
	{ ".", O_PATH | O_DIRECTORY },
	{ "link", O_PATH | O_NOFOLLOW },
	{ "/dev/null", O_RDWR | O_APPEND },
	{ "/dev/zero", O_RDONLY | O_NOCTTY },
	{ "/dev/full", O_WRONLY },
	{ "/dev/urandom", O_RDONLY | O_CLOEXEC },
	{ "/dev/kmsg", O_WRONLY },
};

static int shared, own;

static void child(void *unused)
{
	own = must(open("file", O_RDONLY));
	test_ready();
	test_wait();
	must(lseek(shared, 5, SEEK_SET));
	must(lseek(own, 6, SEEK_SET));
}

int main(int argc, char **argv)
{
	int fds[ARRAY_SIZE(files)], flags[ARRAY_SIZE(files)];
	pid_t pid;

	test_init(argc, argv);
	close(must(open("file", O_RDWR | O_CREAT, 0600)));
	must(symlink("nowhere", "link"));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		fds[i] = must(open(files[i].name, files[i].flags));
		flags[i] = must(fcntl(fds[i], F_GETFL));
	}
	shared = must(open("file", O_RDWR));
	must(fcntl(shared, F_SETFL, O_NOATIME | O_NONBLOCK));
	own = must(open("file", O_RDONLY));
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int now = fcntl(fds[i], F_GETFL);

		check(now == flags[i], "%s: flags 0%o became 0%o", files[i].name, flags[i], now);
		check(fcntl(fds[i], F_GETFD) == (files[i].flags & O_CLOEXEC ? FD_CLOEXEC : 0), "close-on-exec");
	}
	test_end_child(pid);
	check(lseek(shared, 0, SEEK_CUR) == 5, "not shared with the child");
	check(lseek(own, 0, SEEK_CUR) == 0, "shared with the child");
	pass();
}
