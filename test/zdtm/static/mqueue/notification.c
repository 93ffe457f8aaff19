// SPDX-License-Identifier: GPL-2.0-only
/* Registrations for the next message of an empty queue: one by a signal with a value, one that only keeps others from it
 * (SIGEV_NONE), and one that a message has ended, which stays gone.
 *
 * kinds: mqueue mqueue_notices
 * skip-if: no-kernel-types
 * iterations: 2
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define VALUE ((void *)0x123456789abcdef0)

static int make(const char *name)
{
	struct mq_attr attributes = { .mq_maxmsg = 2, .mq_msgsize = 8 };
	int queue;

	mq_unlink(name);
	queue = must(mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attributes));
	must(mq_unlink(name));
	return queue;
}

static bool is_free(int queue)
{
	const struct sigevent none = { .sigev_notify = SIGEV_NONE };
	pid_t child = must(fork());
	int status = 0;

	if (child == 0)
		_exit(mq_notify(queue, &none) == 0 ? 0 : errno == EBUSY ? 1 : 2);
	check(must(waitpid(child, &status, 0)) == child && WIFEXITED(status) && WEXITSTATUS(status) < 2,
	      "status %x", status);
	return WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
	struct sigevent wanted = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 5 };
	const struct sigevent none = { .sigev_notify = SIGEV_NONE };
	const struct timespec now = { 0 };
	int told, kept, gone;
	siginfo_t info = { 0 };
	char text[8];
	sigset_t set;

	test_init(argc, argv);
	told = make("/criu-test-told");
	kept = make("/criu-test-kept");
	gone = make("/criu-test-gone");
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 5);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	wanted.sigev_value.sival_ptr = VALUE;
	must(mq_notify(told, &wanted));
	must(mq_notify(kept, &none));
	must(mq_notify(gone, &wanted));
	must(mq_send(gone, "x", 1, 0));
	check(must(sigtimedwait(&set, &info, &now)) == SIGRTMIN + 5, "no signal before the dump");
	must(mq_receive(gone, text, sizeof(text), NULL));
	test_ready();
	test_wait();
	check(!is_free(told) && !is_free(kept), "a registration is gone");
	check(is_free(gone), "a registration has come back");
	check(sigtimedwait(&set, &info, &now) < 0 && errno == EAGAIN, "a signal came before the message");
	must(mq_send(gone, "x", 1, 0));
	check(sigtimedwait(&set, &info, &now) < 0 && errno == EAGAIN,
	      "a signal came of a registration that was gone");
	must(mq_send(told, "x", 1, 0));
	memset(&info, 0, sizeof(info));
	check(must(sigtimedwait(&set, &info, &now)) == SIGRTMIN + 5, "another signal");
	check(info.si_code == SI_MESGQ && info.si_value.sival_ptr == VALUE, "code %d, value %p", info.si_code,
	      info.si_value.sival_ptr);
	check(info.si_pid == getpid(), "it comes from %d", info.si_pid);
	check(is_free(told), "the registration has not ended");
	pass();
}
