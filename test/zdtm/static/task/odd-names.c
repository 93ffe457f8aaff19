// SPDX-License-Identifier: GPL-2.0-only
/* Names of every byte that a name may have: those of a task and a thread, of its directory, and of files that are open,
 * mapped, or deleted, 255 bytes long. Among them ends that look as if the kernel had written them.
 *
 * kinds: identity directories mapped_file regular ghost
 */
#include "test.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMM ") S 1 (\n\\\xff\t%"

static const char *const ends[] = { " (deleted)", "\n7f00-8000 rw-p 0 0:0 0\n", "_deleted", "\\040\\012",
				    "\xff\xfe" };
static int fds[ARRAY_SIZE(ends)];
static char *mapped[ARRAY_SIZE(ends)], *ghost;
static char directory[NAME_MAX + 1], before[PATH_MAX], after[PATH_MAX];

/* 255 bytes: from @first upwards without '/', then @end. */
static void name_of(char *name, int first, const char *end)
{
	size_t room = NAME_MAX - strlen(end);

	for (size_t i = 0; i < room; i++) {
		int byte = (first + i) % 255 + 1;

		name[i] = byte == '/' ? '_' : byte;
	}
	memcpy(name + room, end, strlen(end) + 1);
}

static char *map(int fd, int flags)
{
	char *memory = mmap(NULL, TEST_PAGE, PROT_READ, flags, fd, 0);

	check(memory != MAP_FAILED, "no mapping");
	return memory;
}

static int file_with(const char *name, const char *text)
{
	int fd = must(open(name, O_RDWR | O_CREAT | O_EXCL, 0644));

	must(write(fd, text, strlen(text) + 1));
	return fd;
}

static void set_up(void)
{
	char name[NAME_MAX + 1];
	int fd;

	name_of(directory, 1, "");
	must(mkdir(directory, 0755));
	must(chdir(directory));
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		name_of(name, i * 50, ends[i]);
		fds[i] = file_with(name, ends[i]);
		mapped[i] = map(fds[i], i % 2 ? MAP_PRIVATE : MAP_SHARED);
	}
	name_of(name, 77, "gone");
	fd = file_with(name, "ghost");
	ghost = map(fd, MAP_SHARED);
	must(unlink(name));
}

int main(int argc, char **argv)
{
	char comm[16], name[NAME_MAX + 1];
	struct stat open_file, named;

	test_init(argc, argv);
	set_up();
	must(prctl(PR_SET_NAME, COMM));
	must(getcwd(before, sizeof(before)));
	test_ready();
	test_wait();
	must(prctl(PR_GET_NAME, comm));
	check(!strcmp(comm, COMM), "the name is '%s'", comm);
	must(getcwd(after, sizeof(after)));
	check(!strcmp(before, after), "the directory is '%s'", after);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		name_of(name, i * 50, ends[i]);
		must(fstat(fds[i], &open_file));
		must(stat(name, &named));
		check(open_file.st_ino == named.st_ino, "file %zu is another", i);
		check(!strcmp(mapped[i], ends[i]), "mapping %zu has '%s'", i, mapped[i]);
	}
	check(!strcmp(ghost, "ghost"), "the deleted file has '%s'", ghost);
	pass();
}
