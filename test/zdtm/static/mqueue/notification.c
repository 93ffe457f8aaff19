// SPDX-License-Identifier: GPL-2.0-only
/* Registrations for the next message of an empty queue: one by a signal with a value, one that only keeps others from it
 * (SIGEV_NONE), and one that a message has ended, which stays gone.
 *
 * kinds: mqueue mqueue_notices
 * skip-if: no-kernel-types
 * iterations: 2
 */
#include "notice.h"

#include <errno.h>
#include <string.h>

#define VALUE ((void *)0x123456789abcdef0)

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
	told = make_queue("/criu-test-told", 2, 8);
	kept = make_queue("/criu-test-kept", 2, 8);
	gone = make_queue("/criu-test-gone", 2, 8);
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
