// SPDX-License-Identifier: GPL-2.0-only
/* The ring of asynchronous I/O (io_setup) is refused by name.
 *
 * refuses: AIO context; io_setup
 * kinds: special_mapping
 */
#include "test.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	aio_context_t context = 0;

	test_init(argc, argv);
	if (syscall(SYS_io_setup, 16, &context) == -1)
		skip("io_setup: %s", strerror(errno));
	test_ready();
	test_wait();
	must(syscall(SYS_io_destroy, context));
	pass();
}
