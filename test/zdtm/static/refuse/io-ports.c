// SPDX-License-Identifier: GPL-2.0-only
/* Access to I/O ports is refused by name.
 *
 * refuses: ioperm
 * kinds: io_permission
 */
#include "test.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#ifdef __x86_64__
#include <sys/io.h>
#endif

int main(int argc, char **argv)
{
	test_init(argc, argv);
#ifdef __x86_64__
	if (ioperm(0x80, 1, 1) < 0)
		skip("ioperm: %s", strerror(errno));
#else
	skip("no such machine");
#endif
	test_ready();
	test_wait();
	pass();
}
