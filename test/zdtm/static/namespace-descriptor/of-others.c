// SPDX-License-Identifier: GPL-2.0-only
/* A descriptor of a namespace in which nobody is any more is refused by name.
 *
 * refuses: ('net:[; descriptors of namespaces
 * kinds: namespace_descriptor
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int own, other;

	test_init(argc, argv);
	own = must(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
	if (unshare(CLONE_NEWNET) < 0)
		skip("unshare: %s", strerror(errno));
	other = must(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
	must(setns(own, CLONE_NEWNET));
	must(close(own));
	test_ready();
	test_wait();
	must(setns(other, CLONE_NEWNET));
	pass();
}
