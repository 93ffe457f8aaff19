// SPDX-License-Identifier: GPL-2.0-only
/* Timers of a 32-bit program keep the values that their signals bring, also one for a certain thread.
 *
 * flavours: compat
 * kinds: compat timers
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static timer_t make(int notify, pid_t tid, uint32_t value)
{
	struct sigevent event = { .sigev_notify = notify, .sigev_signo = SIGRTMIN + 1 };
	timer_t timer;

	event.sigev_value.sival_ptr = (void *)value;
	event.sigev_notify_thread_id = tid;
	must(timer_create(CLOCK_MONOTONIC, &event, &timer));
	return timer;
}

static void expect(timer_t timer, uint32_t value)
{
	struct itimerspec soon = { .it_value.tv_nsec = 1000000 };
	struct timespec limit = { .tv_sec = 20 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	must(timer_settime(timer, 0, &soon, NULL));
	must(sigtimedwait(&set, &info, &limit));
	check(info.si_code == SI_TIMER && (uintptr_t)info.si_value.sival_ptr == value, "code %d, value %p",
	      info.si_code, info.si_value.sival_ptr);
}

int main(int argc, char **argv)
{
	timer_t first, second;
	sigset_t set;

	test_init(argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	first = make(SIGEV_SIGNAL, 0, 0xfedcba98);
	second = make(SIGEV_THREAD_ID, gettid(), 0x89abcdef);
	test_ready();
	test_wait();
	expect(first, 0xfedcba98);
	expect(second, 0x89abcdef);
	pass();
}
