// SPDX-License-Identifier: GPL-2.0-only
/* Files that the caller of criu gives to the restore: a deleted file, a device that cannot be kept, a fifo, one that
 * is found by its path, and a memfd that is found by its name. The scenario given-files does it.
 *
 * dump-options: --external file[0:0]
 * refuses: /dev/loop-control
 * kinds: regular
 */
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int deleted, device, fifo, named, lent;

int main(int argc, char **argv)
{
	char text[8] = "";
	struct stat st;

	test_init(argc, argv);
	deleted = must(open("deleted", O_RDWR | O_CREAT, 0600));
	must(unlink("deleted"));
	if (access("/dev/loop-control", R_OK) < 0)
		skip("there is no /dev/loop-control");
	device = must(open("/dev/loop-control", O_RDONLY));
	must(mkfifo("fifo", 0600));
	fifo = must(open("fifo", O_RDWR));
	named = must(open("named", O_RDWR | O_CREAT, 0600));
	lent = must(memfd_create("lent", 0));
	must(write(lent, "before", 6));
	test_ready();
	test_wait();
	if (access("given", F_OK) < 0)
		pass();
	must(fstat(deleted, &st));
	check(st.st_nlink == 1 && st.st_size == 5, "the deleted file was not given");
	must(fstat(device, &st));
	check(S_ISREG(st.st_mode), "the device was not given");
	must(fstat(named, &st));
	check(st.st_size == 5, "the named file was not given");
	check(write(fifo, "x", 1) == 1, "the fifo");
	check(pread(lent, text, sizeof(text) - 1, 0) == 5 && strcmp(text, "given") == 0,
	      "the memfd holds '%s'", text);
	check(lseek(lent, 0, SEEK_CUR) == 6, "the place in the memfd");
	pass();
}
