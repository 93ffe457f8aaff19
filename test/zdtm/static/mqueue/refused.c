// SPDX-License-Identifier: GPL-2.0-only
/* Registrations for notifications that cannot be kept are refused by name, and go on: one that a thread is to be made for
 * (SIGEV_THREAD), one of a queue that holds messages; so is a queue that somebody outside of the tree uses. What the queue
 * holds is still there.
 *
 * refuses: by a thread (SIGEV_THREAD); cannot be read without ending that; is in use outside of the tree; pidfd
 * kinds: mqueue
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
	const struct sigevent wanted = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct mq_attr attributes = { .mq_maxmsg = 2, .mq_msgsize = 8 };
	int queue, full, shared, stop[2];
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
	full = must(mq_open(NAME "-full", O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
	mq_unlink(NAME "-full");
	/* As the C library does it, whose thread may still be on its way to where it waits. */
	by_thread.sigev_signo = must(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
	by_thread.sigev_value.sival_ptr = cookie;
	must(syscall(SYS_mq_notify, queue, &by_thread));
	must(mq_send(full, "first", 5, 0));
	must(mq_notify(full, &wanted));
	must(mq_send(shared, "there", 5, 3));
	signal(SIGUSR1, SIG_IGN);
	test_ready();
	test_wait();
	check(must(mq_receive(shared, text, sizeof(text), NULL)) == 5, "the message is gone");
	must(mq_notify(queue, NULL));
	check(mq_notify(full, &wanted) < 0 && errno == EBUSY, "a registration has ended");
	must(mq_unlink(NAME));
	must(close(stop[1]));
	must(poll(&ended, 1, -1));
	pass();
}
