// SPDX-License-Identifier: GPL-2.0-only
/* Deleted directories: the current one, its parent, and deleted files that were in them, while others of the same name
 * exist or not. ".." of the one is still the other, the files are told apart by their contents.
 *
 * flavours: host ns
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int make(const char *name, const char *text)
{
	int fd = must(open(name, O_RDWR | O_CREAT | O_EXCL, 0600));

	must(write(fd, text, strlen(text)));
	must(unlink(name));
	return fd;
}

static void check_text(int fd, const char *text)
{
	char found[32] = "";

	must(pread(fd, found, sizeof(found) - 1, 0));
	check(!strcmp(found, text), "'%s' instead of '%s'", found, text);
}

int main(int argc, char **argv)
{
	int outer, inner, file, same, replaced, there, start;
	struct stat parent, dots;

	test_init(argc, argv);
	start = must(open(".", O_RDONLY | O_DIRECTORY));
	must(mkdir("outer", 0751));
	must(mkdir("outer/inner", 0700));
	outer = must(open("outer", O_RDONLY | O_DIRECTORY));
	inner = must(open("outer/inner", O_RDONLY | O_DIRECTORY));
	file = make("outer/inner/file", "first");
	same = make("outer/inner/file", "second");
	there = must(open("there", O_RDWR | O_CREAT, 0600));
	must(write(there, "new", 3));
	replaced = must(open("there-too", O_RDWR | O_CREAT, 0600));
	must(write(replaced, "old", 3));
	must(rename("there", "there-too"));
	must(chdir("outer/inner"));
	must(unlinkat(start, "outer/inner", AT_REMOVEDIR));
	must(unlinkat(start, "outer", AT_REMOVEDIR));
	test_ready();
	test_wait();
	check_text(file, "first");
	check_text(same, "second");
	check_text(there, "new");
	check_text(replaced, "old");
	must(fstat(outer, &parent));
	check(parent.st_mode == (S_IFDIR | 0751), "mode 0%o", parent.st_mode);
	must(fstatat(inner, "..", &dots, 0));
	check(dots.st_ino == parent.st_ino, "the parent is another directory");
	must(stat(".", &dots));
	must(fstat(inner, &parent));
	check(dots.st_ino == parent.st_ino && !dots.st_nlink, "the current directory is another one");
	check(open("x", O_CREAT | O_RDWR, 0600) < 0 && errno == ENOENT, "a file in a deleted directory");
	check(faccessat(start, "outer", F_OK, 0) < 0, "the directory is back");
	must(fchdir(start));
	pass();
}
