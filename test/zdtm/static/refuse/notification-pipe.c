// SPDX-License-Identifier: GPL-2.0-only
/* A pipe for notifications of the kernel is refused by name.
 *
 * refuses: O_NOTIFICATION_PIPE
 * kinds: pipe
 */
#include "test.h"

#include <errno.h>
#include <linux/watch_queue.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int ends[2];

	test_init(argc, argv);
	if (syscall(SYS_pipe2, ends, O_NOTIFICATION_PIPE) < 0)
		skip("pipe2: %s", strerror(errno));
	must(ioctl(ends[0], IOC_WATCH_QUEUE_SET_SIZE, 16));
	test_ready();
	test_wait();
	pass();
}
