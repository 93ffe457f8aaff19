// SPDX-License-Identifier: GPL-2.0-only
/* Queues of an IPC namespace of the tree's own are refused by name: one that has lost its name, and one that nobody has
 * open. What they hold is still there.
 *
 * refuses: criu-test-left; another IPC namespace than criu
 * kinds: mqueue
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct mq_attr attributes = { .mq_maxmsg = 2, .mq_msgsize = 8 };
	int lost, left;
	char text[8];

	test_init(argc, argv);
	if (unshare(CLONE_NEWIPC) < 0)
		skip("unshare: %s", strerror(errno));
	lost = must(mq_open("/criu-test-lost", O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
	must(mq_unlink("/criu-test-lost"));
	must(mq_send(lost, "lost", 4, 0));
	left = must(mq_open("/criu-test-left", O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
	must(mq_send(left, "left", 4, 0));
	must(mq_close(left));
	test_ready();
	test_wait();
	check(must(mq_receive(lost, text, sizeof(text), NULL)) == 4, "the message is gone");
	left = must(mq_open("/criu-test-left", O_RDONLY));
	check(must(mq_receive(left, text, sizeof(text), NULL)) == 4, "the message that was left is gone");
	must(mq_unlink("/criu-test-left"));
	pass();
}
