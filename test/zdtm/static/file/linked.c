// SPDX-License-Identifier: GPL-2.0-only
/* Files whose name was deleted while they have another one (--link-remap): open twice, mapped, in a
 * directory that is gone, a symbolic link. They stay the files that they were, and no name is left over.
 *
 * dump-options: --link-remap
 * kinds: regular ghost
 */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_linked(const char *name, const char *other, int how)
{
	int fd;

	close(must(open(name, O_RDWR | O_CREAT, 0600)));
	must(truncate(name, TEST_PAGE));
	must(link(name, other));
	fd = must(open(name, how));
	return fd;
}

static void check_same(int fd, const char *other, const char *lost)
{
	char link_name[32], shown[512] = "";
	struct stat st, found;

	must(fstat(fd, &st));
	must(lstat(other, &found));
	check(st.st_ino == found.st_ino && st.st_dev == found.st_dev, "'%s' is another file", other);
	check(st.st_nlink == 1, "'%s' has %u names", other, (unsigned int)st.st_nlink);
	snprintf(link_name, sizeof(link_name), "/proc/self/fd/%d", fd);
	must(readlink(link_name, shown, sizeof(shown) - 1));
	check(strstr(shown, lost) && strstr(shown, " (deleted)"), "'%s' is shown as '%s'", other, shown);
}

static void check_names(void)
{
	DIR *directory = opendir(".");
	struct dirent *entry;

	check(directory, "opendir");
	while ((entry = readdir(directory)))
		check(!strstr(entry->d_name, "link_remap") && !strstr(entry->d_name, ".cr."), "'%s' is left",
		      entry->d_name);
	closedir(directory);
}

int main(int argc, char **argv)
{
	int first, second, below, symbolic;
	struct stat st;
	char *memory;

	test_init(argc, argv);
	first = make_linked("first", "of-first", O_RDWR);
	second = must(open("first", O_RDONLY));
	memory = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, first, 0);
	check(memory != MAP_FAILED, "mmap");
	must(unlink("first"));
	must(mkdir("sub", 0700));
	below = make_linked("sub/below", "of-below", O_WRONLY | O_APPEND);
	must(unlink("sub/below"));
	must(rmdir("sub"));
	must(symlink("nowhere", "symbolic"));
	must(link("symbolic", "of-symbolic"));
	symbolic = must(open("symbolic", O_PATH | O_NOFOLLOW));
	must(unlink("symbolic"));
	must(lseek(second, 7, SEEK_SET));
	test_ready();
	test_wait();
	check_same(first, "of-first", "/first");
	check_same(second, "of-first", "/first");
	check_same(below, "of-below", "/sub/below");
	check_same(symbolic, "of-symbolic", "/symbolic");
	check_names();
	check(lseek(second, 0, SEEK_CUR) == 7, "the offset");
	memory[3] = 'm';
	must(write(first, "w", 1));
	must(lseek(second, 0, SEEK_SET));
	check(read(second, memory + 1, 1) == 1 && memory[1] == 'w' && memory[3] == 'm', "what was written");
	must(write(below, "more", 4));
	check(stat("of-below", &st) == 0 && st.st_size == TEST_PAGE + 4, "nothing was appended");
	pass();
}
