// SPDX-License-Identifier: GPL-2.0-only
/* Signals that wait keep all they say of their origin: sender, value, status, band, address; those of real-time numbers
 * in their order, each one.
 *
 * flavours: host ns
 * kinds: signals
 */
#include "test.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SIGNALS 64
#define RT_COUNT 40 /* more than are read at once */

static siginfo_t sent[SIGNALS + 1];

static void send_info(int sig, int code, bool to_thread)
{
	siginfo_t info = { .si_signo = sig, .si_code = code };

	/* Whatever the code, 3 words of payload are kept. */
	info.si_errno = 3;
	info.si_pid = 1000 + sig;
	info.si_uid = 2000 + sig;
	info.si_value.sival_ptr = (void *)(0x123456789a00UL + sig);
	if (to_thread)
		must(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), sig, &info));
	else
		must(syscall(SYS_rt_sigqueueinfo, getpid(), sig, &info));
	sent[sig] = info;
}

static void take(int sig, siginfo_t *ret_info)
{
	struct timespec at_once = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	/* The C library changes SI_TKILL. */
	check(syscall(SYS_rt_sigtimedwait, &set, ret_info, &at_once, 8) == sig, "signal %d does not wait", sig);
}

static void compare(int sig)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	take(sig, &info);
	check(info.si_code == sent[sig].si_code && info.si_errno == sent[sig].si_errno &&
		      info.si_pid == sent[sig].si_pid && info.si_uid == sent[sig].si_uid &&
		      info.si_value.sival_ptr == sent[sig].si_value.sival_ptr,
	      "signal %d: code %d, errno %d, pid %d, uid %d, value %p", sig, info.si_code, info.si_errno,
	      info.si_pid, info.si_uid, info.si_value.sival_ptr);
}

int main(int argc, char **argv)
{
	static const struct {
		int sig, code;
		bool to_thread;
	} cases[] = {
		{ SIGUSR1, SI_USER, false },	 { SIGUSR2, SI_TKILL, true },
		{ SIGHUP, SI_QUEUE, false },	 { SIGPIPE, SI_MESGQ, false },
		{ SIGIO, SI_SIGIO, true },	 { SIGURG, SI_ASYNCIO, false },
		{ SIGALRM, SI_KERNEL, true },	 { SIGXCPU, -60, false },
		{ SIGPROF, SI_TIMER, false },	 { SIGSEGV, SEGV_MAPERR, true },
		{ SIGWINCH, SI_ASYNCNL, false },
	};
	sigset_t all;
	siginfo_t info;
	pid_t pid;

	test_init(argc, argv);
	sigfillset(&all);
	sigdelset(&all, SIGTERM);
	must(sigprocmask(SIG_BLOCK, &all, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		send_info(cases[i].sig, cases[i].code, cases[i].to_thread);
	for (int i = 0; i < RT_COUNT; i++)
		must(sigqueue(getpid(), SIGRTMIN + 9, (union sigval){ .sival_int = i }));
	pid = must(fork());
	if (!pid)
		_exit(17);
	must(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		compare(cases[i].sig);
	for (int i = 0; i < RT_COUNT; i++) {
		take(SIGRTMIN + 9, &info);
		check(info.si_code == SI_QUEUE && info.si_value.sival_int == i && info.si_pid == getpid(),
		      "signal %d of %d has value %d", i, RT_COUNT, info.si_value.sival_int);
	}
	take(SIGCHLD, &info);
	check(info.si_code == CLD_EXITED && info.si_pid == pid && info.si_status == 17,
	      "SIGCHLD says code %d, pid %d, status %d", info.si_code, info.si_pid, info.si_status);
	must(waitpid(pid, NULL, 0));
	pass();
}
