// SPDX-License-Identifier: GPL-2.0-only
/* How a process ended, as wait(2) tells it. */
#include "criu/util/wait-status.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CORE_DUMPED 0x80

bool wait_status_is_end(uint32_t status)
{
	int number = status & 0x7f;

	if (status > 0xffff || (number ? status > 0xff : status & CORE_DUMPED))
		return false;
	switch (number) {
	case SIGCHLD:
	case SIGCONT:
	case SIGURG:
	case SIGWINCH:
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return false;
	default:
		return number < NSIG;
	}
}

/* 0 would let programs have it that cores are piped to, 1 does not (core(5)). */
static void forbid_core(bool own_memory)
{
	struct rlimit no_core = { 1, 1 };

	setrlimit(RLIMIT_CORE, &no_core);
	if (own_memory)
		prctl(PR_SET_DUMPABLE, 0);
}

/* Raw calls: the C library keeps two signals for itself. */
void wait_status_end(uint32_t status, bool own_memory)
{
	static const uint64_t usual_action[4], no_signals;
	int number = status & 0x7f;

	if (!number)
		_exit((int)(status >> 8));
	forbid_core(own_memory);
	syscall(SYS_rt_sigaction, number, usual_action, NULL, sizeof(no_signals));
	kill(getpid(), number);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, sizeof(no_signals));
	_exit(EXIT_FAILURE);
}
