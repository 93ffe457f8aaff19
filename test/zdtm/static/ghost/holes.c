// SPDX-License-Identifier: GPL-2.0-only
/* A deleted file of a gigabyte that is nearly all holes, and one that ends in a hole: neither more bytes nor fewer after
 * the restore; extended attributes are there, too. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LARGE (1L << 30)

int main(int argc, char **argv)
{
	char found[64] = "";
	struct stat st;
	int large, small, attributes;

	test_init(argc, argv);
	large = must(open("large", O_RDWR | O_CREAT, 0600));
	must(pwrite(large, "middle", 6, LARGE / 2));
	must(pwrite(large, "end", 3, LARGE - 3));
	small = must(open("small", O_RDWR | O_CREAT, 0600));
	must(write(small, "start", 5));
	must(ftruncate(small, 2 * TEST_PAGE));
	attributes = fsetxattr(small, "user.colour", "blue", 4, 0) == 0;
	check(attributes || errno == ENOTSUP, "fsetxattr");
	must(unlink("large"));
	must(unlink("small"));
	test_ready();
	test_wait();
	must(fstat(large, &st));
	check(st.st_size == LARGE && st.st_blocks < 1024, "%ld bytes in %ld blocks", (long)st.st_size,
	      (long)st.st_blocks);
	must(pread(large, found, 6, LARGE / 2));
	check(!strcmp(found, "middle"), "'%s'", found);
	must(pread(large, found, 6, LARGE - 3));
	check(!memcmp(found, "enddle", 6), "'%s'", found);
	check(lseek(large, 0, SEEK_DATA) > 0, "the hole is filled");
	must(fstat(small, &st));
	check(st.st_size == 2 * TEST_PAGE, "small: %ld bytes", (long)st.st_size);
	check(lseek(small, 0, SEEK_HOLE) <= (off_t)TEST_PAGE, "the hole of the small one is filled");
	check(!attributes ||
		      (fgetxattr(small, "user.colour", found, sizeof(found)) == 4 && !memcmp(found, "blue", 4)),
	      "attribute");
	pass();
}
