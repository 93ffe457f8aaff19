// SPDX-License-Identifier: GPL-2.0-only
/* Of the queues of an IPC namespace of the tree's own these are refused by name: one that only somebody outside of the tree
 * has open, and one opened by its name in a file system that is mounted. So is one of another IPC namespace than the
 * task is in. What they hold is still there.
 *
 * refuses: /criu-test-outside' of its IPC namespace: the message queue is in use outside of the tree
 * refuses: is in another IPC namespace than the task; by the name that it has in a file system; pidfd
 * kinds: mqueue ipc
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int make(const char *name, const char *text)
{
	struct mq_attr attributes = { .mq_maxmsg = 2, .mq_msgsize = 8 };
	int queue = must(mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attributes));

	must(mq_send(queue, text, strlen(text), 0));
	return queue;
}

static void check_message(int queue, const char *text)
{
	char got[8];

	check((size_t)must(mq_receive(queue, got, sizeof(got), NULL)) == strlen(text), "'%s' is gone", text);
}

int main(int argc, char **argv)
{
	int other, outside, mounted, stop[2];
	struct pollfd ended = { .events = POLLIN };
	pid_t outsider;
	char byte;

	mq_unlink("/criu-test-other");
	other = make("/criu-test-other", "other");
	must(mq_unlink("/criu-test-other"));
	if (unshare(CLONE_NEWIPC) < 0)
		skip("unshare: %s", strerror(errno));
	outside = make("/criu-test-outside", "outside");
	must(pipe(stop));
	outsider = must(fork());
	if (outsider == 0) {
		close(stop[1]);
		_exit(read(stop[0], &byte, 1) == 0 ? 0 : 1);
	}
	test_init(argc, argv);
	close(stop[0]);
	must(mq_close(outside));
	ended.fd = must(syscall(SYS_pidfd_open, outsider, 0));
	must(mq_close(make("/criu-test-mounted", "mounted")));
	must(mkdir("queues", 0700));
	must(mount("queues", "queues", "mqueue", 0, NULL));
	mounted = must(open("queues/criu-test-mounted", O_RDWR));
	test_ready();
	test_wait();
	check_message(other, "other");
	check_message(mounted, "mounted");
	outside = must(mq_open("/criu-test-outside", O_RDONLY));
	check_message(outside, "outside");
	must(umount2("queues", MNT_DETACH));
	must(rmdir("queues"));
	must(close(stop[1]));
	must(poll(&ended, 1, -1));
	pass();
}
