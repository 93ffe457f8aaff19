// SPDX-License-Identifier: GPL-2.0-only
/* Registrations for notifications are refused by name, whatever they are for, and go on; so is a queue that somebody
 * outside of the tree uses. What the queue holds is still there.
 *
 * refuses: is registered to be notified of a message; is in use outside of the tree; pidfd
 * kinds: mqueue
 */
#include "test.h"

#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME "/criu-test-refused"

int main(int argc, char **argv)
{
	const struct sigevent wanted = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct mq_attr attributes = { .mq_maxmsg = 2, .mq_msgsize = 8 };
	int queue, shared, stop[2];
	char text[8], byte;
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
	must(mq_notify(queue, &wanted));
	must(mq_send(shared, "there", 5, 3));
	signal(SIGUSR1, SIG_IGN);
	test_ready();
	test_wait();
	check(must(mq_receive(shared, text, sizeof(text), NULL)) == 5, "the message is gone");
	must(mq_notify(queue, NULL));
	must(mq_unlink(NAME));
	must(close(stop[1]));
	must(poll(&ended, 1, -1));
	pass();
}
