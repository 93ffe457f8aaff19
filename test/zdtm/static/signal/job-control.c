// SPDX-License-Identifier: GPL-2.0-only
/* Job control signals: one that waits because it is blocked, and a stopped task with a handler for SIGCONT.
 *
 * flavours: host ns
 */
#include "test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t continued;

static void handler(int sig)
{
	continued++;
}

static void child(void *arg)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	must(sigaction(SIGCONT, &action, NULL));
	must(setpgid(0, 0));
	test_ready();
	test_wait();
	check(continued == 1, "SIGCONT was handled %d times", continued);
}

int main(int argc, char **argv)
{
	sigset_t set, pending;
	int status;
	pid_t pid;

	test_init(argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGTTOU);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	raise(SIGTSTP);
	pid = test_child(child, NULL);
	must(kill(pid, SIGSTOP));
	must(waitpid(pid, &status, WUNTRACED));
	test_ready();
	test_wait();
	must(sigpending(&pending));
	check(sigismember(&pending, SIGTSTP) && !sigismember(&pending, SIGTTOU), "the pending signals have changed");
	must(kill(pid, SIGCONT));
	test_end_child(pid);
	pass();
}
