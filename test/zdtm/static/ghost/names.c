// SPDX-License-Identifier: GPL-2.0-only
/* One file that had two names, both deleted; one without any name (O_TMPFILE), which is given one afterwards; and names
 * with blanks, newlines and bytes that are no text.
 *
 * flavours: host compat
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define STRANGE "a name\nwith \xff\xfe\\012 (deleted)"

int main(int argc, char **argv)
{
	char link_name[64], shown[512] = "", found[8] = "", colour[9] = "";
	bool has_attribute;
	int one, two, nameless, strange, copy;
	struct stat first, second;

	test_init(argc, argv);
	one = must(open("one", O_RDWR | O_CREAT, 0600));
	must(mkdir("sub", 0700));
	must(link("one", "sub/two"));
	two = must(open("sub/two", O_RDONLY));
	must(unlink("one"));
	must(unlink("sub/two"));
	must(rmdir("sub"));
	strange = must(open(STRANGE, O_RDWR | O_CREAT, 0600));
	must(unlink(STRANGE));
	nameless = must(open(".", O_TMPFILE | O_RDWR | O_APPEND, 0640));
	must(fchown(nameless, 12, 34));
	has_attribute = fsetxattr(nameless, "user.colour", "blue", 4, 0) == 0;
	must(write(nameless, "secret", 6));
	snprintf(link_name, sizeof(link_name), "/proc/self/fd/%d", nameless);
	copy = must(open(link_name, O_RDONLY));
	test_ready();
	test_wait();
	must(fstat(one, &first));
	must(fstat(two, &second));
	check(first.st_ino == second.st_ino && first.st_nlink == 0, "two files");
	must(linkat(AT_FDCWD, link_name, AT_FDCWD, "published", AT_SYMLINK_FOLLOW));
	must(fstat(copy, &first));
	must(stat("published", &second));
	check(first.st_ino == second.st_ino && second.st_mode == (S_IFREG | 0640), "another file was published");
	check(second.st_uid == 12 && second.st_gid == 34, "it belongs to %u, %u", second.st_uid, second.st_gid);
	check(!has_attribute || (getxattr("published", "user.colour", colour, 8) == 4 && !strcmp(colour, "blue")),
	      "its attribute is '%s'", colour);
	must(read(copy, found, 6));
	check(!strcmp(found, "secret"), "contents '%s'", found);
	snprintf(link_name, sizeof(link_name), "/proc/self/fd/%d", strange);
	must(readlink(link_name, shown, sizeof(shown) - 1));
	check(strstr(shown, "/" STRANGE " (deleted)"), "the name is '%s'", shown);
	pass();
}
