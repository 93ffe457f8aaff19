// SPDX-License-Identifier: GPL-2.0-only
/* A 32-bit program that is dumped inside two signal handlers, one in a frame with siginfo and one in an old frame,
 * neither with a restorer of its own, returns from both; handlers set before enter rightly afterwards.
 *
 * flavours: compat
 * kinds: compat signals
 */
#include "test.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <unistd.h>

/* Of the kernel; without SA_RESTORER the way back leads through the vdso. */
struct kernel_action {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

static volatile int depth, with_info, plain;

static void old_style(int sig)
{
	uint16_t code;

	asm volatile("movw %%cs, %0" : "=r"(code));
	check(code == 0x23, "the handler of signal %d runs as %#x", sig, code);
	plain++;
	if (plain > 1)
		return;
	depth++;
	test_ready();
	test_wait();
	depth--;
}

static void with_siginfo(int sig, siginfo_t *info, void *context)
{
	ucontext_t *at = context;

	check(at->uc_mcontext.gregs[REG_CS] == 0x23, "the frame says %#x", at->uc_mcontext.gregs[REG_CS]);
	check(info->si_code == SI_QUEUE && info->si_value.sival_int == 77 && info->si_pid == getpid(),
	      "code %d, value %d", info->si_code, info->si_value.sival_int);
	with_info++;
	if (with_info > 1)
		return;
	depth++;
	raise(SIGUSR2);
	depth--;
	check(info->si_value.sival_int == 77, "the siginfo on the stack has changed");
}

static void set_action(int sig, void *handler, unsigned long flags)
{
	struct kernel_action action = { handler, flags, NULL, 0 };

	must(syscall(SYS_rt_sigaction, sig, &action, NULL, 8));
}

int main(int argc, char **argv)
{
	volatile double number = 1.25;

	test_init(argc, argv);
	set_action(SIGUSR1, with_siginfo, SA_SIGINFO);
	set_action(SIGUSR2, old_style, 0);
	must(sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 77 }));
	check(depth == 0 && with_info == 1 && plain == 1, "%d, %d, %d", depth, with_info, plain);
	check(number * 4 == 5.0, "a floating point variable has changed");
	must(sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 77 }));
	raise(SIGUSR2);
	check(with_info == 2 && plain == 2, "handlers do not run after the restore: %d, %d", with_info, plain);
	pass();
}
