// SPDX-License-Identifier: GPL-2.0-only
/* A deleted file that holds more than --ghost-limit is refused by name, with the limit that would do.
 *
 * dump-options: --ghost-limit 64K
 * refuses: ghost-limit 131072 would keep it
 */
#include "test.h"

#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char contents[1 << 17];
	int fd;

	test_init(argc, argv);
	fd = must(open("name", O_RDWR | O_CREAT, 0600));
	must(write(fd, contents, sizeof(contents)));
	must(fsync(fd));
	must(unlink("name"));
	test_ready();
	test_wait();
	must(pwrite(fd, "x", 1, 0));
	pass();
}
