// SPDX-License-Identifier: GPL-2.0-only
/* The ring of an AIO context that a child has inherited, without the context, is refused.
 *
 * refuses: AIO context that is not its own
 * kinds: asynchronous_io
 */
#include "test.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void wait_for_end(void *arg)
{
	test_ready();
	test_wait();
}

int main(int argc, char **argv)
{
	aio_context_t context = 0;
	pid_t child;

	test_init(argc, argv);
	if (syscall(SYS_io_setup, 16, &context) == -1)
		skip("io_setup: %s", strerror(errno));
	child = test_child(wait_for_end, NULL);
	test_ready();
	test_wait();
	test_end_child(child);
	must(syscall(SYS_io_destroy, context));
	pass();
}
