// SPDX-License-Identifier: GPL-2.0-only
/* A registration by a thread (SIGEV_THREAD) whose socket was closed since cannot be kept, is refused by name, and goes on; so
 * is a queue that somebody outside of the tree uses. What the queue holds is still there.
 *
 * refuses: by a thread (SIGEV_THREAD) that was to be told by a netlink socket, which it has closed; is in use outside of the tree; pidfd
 * skip-if: no-kernel-types
 * kinds: mqueue mqueue_notices
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME "/criu-test-refused"

int main(int argc, char **argv)
{
	struct sigevent by_thread = { .sigev_notify = SIGEV_THREAD };
	const struct sigevent none = { .sigev_notify = SIGEV_NONE };
	struct mq_attr attributes = { .mq_maxmsg = 2, .mq_msgsize = 8 };
	int queue, shared, stop[2];
	char text[8], byte, cookie[32] = ""; /* NOTIFY_COOKIE_LEN of the kernel */
	struct pollfd ended = { .events = POLLIN };
	pid_t outsider;

	mq_unlink(NAME);
	shared = must(mq_open(NAME, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
	must(pipe(stop));
	outsider = must(fork());
	if (outsider == 0) {
		close(stop[1]);
		_exit(read(stop[0], &byte, 1) == 0 ? 0 : 1);
	}
	test_init(argc, argv);
	close(stop[0]);
	queue = must(mq_open(NAME "-too", O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
	mq_unlink(NAME "-too");
	ended.fd = must(syscall(SYS_pidfd_open, outsider, 0));
	by_thread.sigev_signo = must(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
	by_thread.sigev_value.sival_ptr = cookie;
	must(syscall(SYS_mq_notify, queue, &by_thread));
	must(close(by_thread.sigev_signo));
	must(mq_send(shared, "there", 5, 3));
	test_ready();
	test_wait();
	check(must(mq_receive(shared, text, sizeof(text), NULL)) == 5, "the message is gone");
	check(mq_notify(queue, &none) < 0 && errno == EBUSY, "the registration has ended");
	must(mq_unlink(NAME));
	must(close(stop[1]));
	must(poll(&ended, 1, -1));
	pass();
}
