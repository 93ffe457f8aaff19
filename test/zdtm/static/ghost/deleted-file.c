// SPDX-License-Identifier: GPL-2.0-only
/* A deleted file that two descriptions of one process, one of another and a shared mapping use: it is one file
 * after the restore, too, with its contents, owner, mode and times, under its old name.
 *
 * flavours: host ns
 */
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE (5 * TEST_PAGE + 77)

static int first, second;

static void other(void *unused)
{
	int own = must(open("name", O_RDWR));

	test_ready();
	test_wait();
	check(pwrite(own, "child", 5, 100) == 5, "cannot write in the child");
}

int main(int argc, char **argv)
{
	static char contents[SIZE], again[SIZE];
	struct stat before, after;
	char text[6] = "";
	uint8_t *memory;
	pid_t child;

	test_init(argc, argv);
	first = must(open("name", O_RDWR | O_CREAT, 0640));
	second = must(open("name", O_RDONLY));
	test_fill(contents, SIZE, 5);
	must(write(first, contents, SIZE));
	must(fchown(first, 1234, 4321));
	must(fchmod(first, 02751));
	must(futimens(first, (struct timespec[2]){ { 1000, 123456789 }, { 2000, 987654321 } }));
	child = test_child(other, NULL);
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, first, 0);
	check(memory != MAP_FAILED, "mmap");
	must(unlink("name"));
	must(lseek(second, 33, SEEK_SET));
	must(fstat(first, &before));
	test_ready();
	test_wait();
	must(fstat(first, &after));
	check(after.st_nlink == 0 && access("name", F_OK) < 0, "the name is back");
	check(after.st_mode == before.st_mode && after.st_uid == 1234 && after.st_gid == 4321, "mode or owner");
	check(after.st_mtim.tv_sec == 2000 && after.st_mtim.tv_nsec == 987654321, "time of change %ld.%09ld",
	      after.st_mtim.tv_sec, after.st_mtim.tv_nsec);
	check(after.st_size == SIZE, "size %ld", (long)after.st_size);
	check(pread(first, again, SIZE, 0) == SIZE && test_differs(again, SIZE, 5) < 0, "contents");
	test_end_child(child);
	check(pread(second, text, 5, 100) == 5 && !strcmp(text, "child"), "not the file of the child: '%s'", text);
	check(!memcmp(memory + 100, "child", 5), "not the file of the mapping");
	check(lseek(second, 0, SEEK_CUR) == 33, "offset");
	pass();
}
