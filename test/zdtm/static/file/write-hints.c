// SPDX-License-Identifier: GPL-2.0-only
/* How long what is written is going to live (F_SET_RW_HINT): of a file, a deleted one, a pipe, a fifo and a memfd; and of
 * an open file alone (F_SET_FILE_RW_HINT) on kernels that have such.
 *
 * flavours: host ns
 */
#include "test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMED, DELETED, PIPE, FIFO, MEMORY, NR };

int main(int argc, char **argv)
{
	static const char *const names[] = { "file", "deleted file", "pipe", "fifo", "memfd" };
	int fds[NR], ends[2], alone;
	uint64_t hint, of_alone = 2;
	bool is_kept;

	test_init(argc, argv);
	fds[NAMED] = must(open("file", O_RDWR | O_CREAT, 0600));
	fds[DELETED] = must(open("deleted", O_RDWR | O_CREAT, 0600));
	must(unlink("deleted"));
	must(pipe(ends));
	fds[PIPE] = ends[1];
	must(mkfifo("fifo", 0600));
	fds[FIFO] = must(open("fifo", O_RDWR));
	fds[MEMORY] = must(memfd_create("memory", 0));
	for (int i = 0; i < NR; i++) {
		hint = 1 + (uint64_t)i;
		must(fcntl(fds[i], F_SET_RW_HINT, &hint));
	}
	alone = must(open("file", O_RDWR));
	is_kept = fcntl(alone, F_SET_FILE_RW_HINT, &of_alone) == 0;
	test_ready();
	test_wait();
	for (int i = 0; i < NR; i++) {
		must(fcntl(fds[i], F_GET_RW_HINT, &hint));
		check(hint == 1 + (uint64_t)i, "the hint of the %s was %d and is %d", names[i], 1 + i, (int)hint);
	}
	hint = 0;
	check(!is_kept || (fcntl(alone, F_GET_FILE_RW_HINT, &hint) == 0 && hint == of_alone),
	      "the hint of an open file is %d", (int)hint);
	pass();
}
