// SPDX-License-Identifier: GPL-2.0-only
/* POSIX message queues in an IPC namespace of the tree's own: one that nobody has opened, and one without a name that is
 * open. Both are named.
 *
 * refuses: message queue '/waiting'; descriptor 77; refused for 2 reasons
 * kinds: ipc
 */
#include "test.h"

#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	mqd_t queue;

	test_init(argc, argv);
	must(unshare(CLONE_NEWIPC));
	queue = must(mq_open("/waiting", O_RDWR | O_CREAT | O_EXCL, 0600, NULL));
	must(mq_close(queue));
	queue = must(mq_open("/nameless", O_RDWR | O_CREAT | O_EXCL, 0600, NULL));
	must(mq_unlink("/nameless"));
	must(dup2(queue, 77));
	must(mq_close(queue));
	test_ready();
	test_wait();
	pass();
}
