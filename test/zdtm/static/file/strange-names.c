// SPDX-License-Identifier: GPL-2.0-only
/* Names that look like something else in /proc: with a newline, a backslash, an octal escape, " (deleted)" at their end. As
 * file, mapping, fifo, socket, watch, current directory; and deleted ones.
 *
 * kinds: regular mapped-file fifo unix inotify ghost
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *const names[] = { "a\nb",
				     "a\\b",
				     "a\\012b",
				     "a (deleted)",
				     "a (deleted) (deleted)",
				     " a ",
				     "a\n7f00-8000 rwxp",
				     "\xff\xfe",
				     "a\n (deleted)" };

enum { FILE_OPEN, FILE_GONE, FIFO, NAMES };

static int fds[ARRAY_SIZE(names)][NAMES], sockets[ARRAY_SIZE(names)], watches;
static char *mappings[ARRAY_SIZE(names)][2];

static int make(const char *name, char first)
{
	char text[TEST_PAGE] = { first };
	int fd = must(open(name, O_RDWR | O_CREAT | O_EXCL, 0600));

	must(write(fd, text, sizeof(text)));
	return fd;
}

static void make_socket(size_t i)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "socket-%s", names[i]);
	sockets[i] = must(socket(AF_UNIX, SOCK_STREAM, 0));
	must(bind(sockets[i], (struct sockaddr *)&address, sizeof(address)));
	must(listen(sockets[i], 1));
}

static void make_all(size_t i)
{
	char name[100];
	int fd;

	fds[i][FILE_OPEN] = make(names[i], 'o');
	must(inotify_add_watch(watches, names[i], IN_DELETE_SELF));
	snprintf(name, sizeof(name), "mapped-%s", names[i]);
	fd = make(name, 'm');
	mappings[i][0] = mmap(NULL, TEST_PAGE, PROT_READ, MAP_SHARED, fd, 0);
	must(close(fd));
	snprintf(name, sizeof(name), "gone-%s", names[i]);
	fds[i][FILE_GONE] = make(name, 'g');
	mappings[i][1] = mmap(NULL, TEST_PAGE, PROT_READ, MAP_SHARED, fds[i][FILE_GONE], 0);
	must(unlink(name));
	snprintf(name, sizeof(name), "fifo-%s", names[i]);
	must(mkfifo(name, 0600));
	fds[i][FIFO] = must(open(name, O_RDWR));
	must(write(fds[i][FIFO], "fifo", 4));
	make_socket(i);
}

static char first_byte(int fd)
{
	char byte = 0;

	must(pread(fd, &byte, 1, 0));
	return byte;
}

static void check_link(int fd, const char *name, const char *suffix)
{
	char link[32], target[4096], wanted[4096];
	ssize_t size;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	size = must(readlink(link, target, sizeof(target) - 1));
	target[size] = 0;
	check(getcwd(wanted, sizeof(wanted)), "no current directory");
	snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "/%s%s", name, suffix);
	check(!strcmp(target, wanted), "'%s' is shown as '%s'", wanted, target);
}

static void check_all(size_t i)
{
	char got[8], name[100];
	struct stat stat;

	check(first_byte(fds[i][FILE_OPEN]) == 'o', "file '%s'", names[i]);
	check_link(fds[i][FILE_OPEN], names[i], "");
	check(mappings[i][0][0] == 'm', "mapping of '%s'", names[i]);
	check(first_byte(fds[i][FILE_GONE]) == 'g' && mappings[i][1][0] == 'g', "deleted '%s'", names[i]);
	must(fstat(fds[i][FILE_GONE], &stat));
	check(!stat.st_nlink, "'%s' is there again", names[i]);
	snprintf(name, sizeof(name), "gone-%s", names[i]);
	check_link(fds[i][FILE_GONE], name, " (deleted)");
	check(read(fds[i][FIFO], got, sizeof(got)) == 4, "fifo '%s'", names[i]);
	must(unlink(names[i]));
	snprintf(name, sizeof(name), "socket-%s", names[i]);
	must(lstat(name, &stat));
	check(S_ISSOCK(stat.st_mode), "'%s' is no socket", name);
}

int main(int argc, char **argv)
{
	test_init(argc, argv);
	must(mkdir("d (deleted)", 0700));
	must(chdir("d (deleted)"));
	must(mkdir("e\n\\012", 0700));
	must(chdir("e\n\\012"));
	watches = must(inotify_init1(IN_NONBLOCK));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		make_all(i);
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		check_all(i);
	pass();
}
