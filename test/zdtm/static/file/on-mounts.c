// SPDX-License-Identifier: GPL-2.0-only
/* Files of a directory which scenarios make of mounts (overlay, bind): one that was there before, open, mapped and
 * deleted; one that was there and is written to; new ones, deleted and mapped; a directory; and the executable.
 *
 * dump-options: --link-remap
 * kinds: regular mapped_file ghost
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE (2 * TEST_PAGE)

/* What there is not is made. */
static int open_old(const char *name, int how)
{
	static char words[SIZE];

	if (access(name, F_OK) < 0) {
		int fd = must(open(name, O_RDWR | O_CREAT, 0644));

		memset(words, name[0], sizeof(words));
		must(write(fd, words, sizeof(words)));
		must(close(fd));
	}
	return must(open(name, how));
}

static void run_copy(char **argv)
{
	int from = must(open("/proc/self/exe", O_RDONLY)), to = must(open("program", O_WRONLY | O_CREAT, 0755));
	char buffer[65536];
	ssize_t got;

	while ((got = must(read(from, buffer, sizeof(buffer)))))
		must(write(to, buffer, (size_t)got));
	must(close(from));
	must(close(to));
	argv[0] = "./program";
	must(execv(argv[0], argv));
}

static char *map(int fd, int prot, int flags)
{
	char *memory = mmap(NULL, SIZE, prot, flags, fd, 0);

	check(memory != MAP_FAILED, "mmap");
	return memory;
}

static void expect_byte(int fd, off_t at, char wanted, const char *what)
{
	char byte = 0;

	check(pread(fd, &byte, 1, at) == 1 && byte == wanted, "%s: '%c' instead of '%c'", what, byte, wanted);
}

int main(int argc, char **argv)
{
	int old, gone, written, fresh, deleted, directory;
	char *of_old, *of_gone, *of_written, *of_deleted;
	char path[512];
	struct stat st;

	if (strcmp(argv[0], "./program") != 0)
		run_copy(argv);
	test_init(argc, argv);
	old = open_old("old", O_RDONLY);
	of_old = map(old, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	of_old[0] = 'P';
	gone = open_old("gone", O_RDONLY);
	of_gone = map(gone, PROT_READ, MAP_SHARED);
	/* An overlay does not tell that a file of a lower layer has lost its last name, hence --link-remap. */
	must(unlink("gone"));
	written = open_old("written", O_RDWR);
	of_written = map(written, PROT_READ | PROT_WRITE, MAP_SHARED);
	of_written[1] = 'S';
	fresh = must(open("fresh", O_RDWR | O_CREAT, 0600));
	must(write(fresh, "fresh", 5));
	deleted = must(open("deleted", O_RDWR | O_CREAT, 0600));
	must(ftruncate(deleted, SIZE));
	of_deleted = map(deleted, PROT_READ | PROT_WRITE, MAP_SHARED);
	of_deleted[2] = 'D';
	must(unlink("deleted"));
	directory = must(open(".", O_RDONLY | O_DIRECTORY));
	test_ready();
	test_wait();
	check(of_old[0] == 'P' && of_old[TEST_PAGE] == 'o', "the private mapping of the old file");
	expect_byte(old, 0, 'o', "the old file");
	check(of_gone[TEST_PAGE] == 'g', "the mapping of the deleted old file");
	expect_byte(gone, 1, 'g', "the deleted old file");
	of_written[2] = 'T';
	expect_byte(written, 1, 'S', "the written file");
	expect_byte(written, 2, 'T', "the written file is not the mapped one");
	check(lseek(fresh, 0, SEEK_CUR) == 5, "the offset of the new file");
	expect_byte(deleted, 2, 'D', "the deleted file");
	must(pwrite(deleted, "E", 1, 3));
	check(of_deleted[3] == 'E', "the deleted file is not the mapped one");
	check(fstatat(directory, "fresh", &st, 0) == 0 && st.st_size == 5, "the directory");
	path[must(readlink("/proc/self/exe", path, sizeof(path) - 1))] = '\0';
	check(stat(path, &st) == 0 && strstr(path, "/program"), "the executable is '%s'", path);
	pass();
}
