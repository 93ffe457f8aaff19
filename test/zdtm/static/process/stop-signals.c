// SPDX-License-Identifier: GPL-2.0-only
/* Children stopped by each of the four signals, with one thread and with several: wait() tells which one it was, and
 * what waits for them meanwhile does not reach them before SIGCONT. Whom wait() has told already is not told again.
 *
 * flavours: host ns
 * kinds: signals identity
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	int signal;
	bool threads;
} cases[] = {
	{ SIGSTOP, false }, { SIGTSTP, false }, { SIGTTIN, false },
	{ SIGTTOU, false }, { SIGSTOP, true },	{ SIGTSTP, true },
};

#define CASES ARRAY_SIZE(cases)

#define IS_REPORTED(i) ((i) % 2 == 1)

static volatile sig_atomic_t handled;
static int runs;

static void handler(int sig)
{
	handled++;
}

static void *work(void *arg)
{
	__atomic_store_n(&runs, 1, __ATOMIC_SEQ_CST);
	test_wait();
	return NULL;
}

static void child(void *arg)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	pthread_t thread;

	/* Of the session, but another group than its parent: its stop signals count. */
	must(setpgid(0, 0));
	must(sigaction(SIGHUP, &action, NULL));
	if (arg) {
		check(!pthread_create(&thread, NULL, work, NULL), "no thread");
		while (!__atomic_load_n(&runs, __ATOMIC_SEQ_CST))
			usleep(100);
	}
	test_ready();
	test_wait();
	check(handled == 1, "SIGHUP was handled %d times", (int)handled);
	if (arg)
		pthread_join(thread, NULL);
}

/* Whether /proc/PID/stat tells of a stop which is not reported yet: its last field; kernels have it of late. */
static bool is_told(pid_t pid, int sig)
{
	char path[64], text[4096] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	check(file && fgets(text, sizeof(text), file), "no '%s'", path);
	fclose(file);
	return atoi(strrchr(text, ' ')) == sig;
}

int main(int argc, char **argv)
{
	pid_t pids[CASES];
	char state[64];
	siginfo_t info;
	bool told;

	test_init(argc, argv);
	for (size_t i = 0; i < CASES; i++) {
		pids[i] = test_child(child, cases[i].threads ? "" : NULL);
		must(kill(pids[i], cases[i].signal));
		must(waitid(P_PID, pids[i], &info, WSTOPPED | (IS_REPORTED(i) ? 0 : WNOWAIT)));
		check(info.si_status == cases[i].signal, "child %zu is stopped by signal %d", i, info.si_status);
		must(kill(pids[i], SIGHUP));
	}
	told = is_told(pids[0], cases[0].signal);
	test_ready();
	test_wait();
	for (size_t i = 0; i < CASES; i++) {
		test_proc_line(pids[i], "status", "State", state, sizeof(state));
		check(state[0] == 'T', "child %zu has state %s", i, state);
		info.si_pid = 0;
		must(waitid(P_PID, pids[i], &info, WSTOPPED | WNOHANG));
		check(!told || !IS_REPORTED(i) == (info.si_pid == pids[i]), "child %zu: wait() %s", i,
		      info.si_pid ? "tells again that it is stopped" : "does not tell that it is stopped");
		check(IS_REPORTED(i) || (info.si_code == CLD_STOPPED && info.si_status == cases[i].signal),
		      "child %zu: code %d, signal %d instead of %d", i, info.si_code, info.si_status,
		      cases[i].signal);
		must(kill(pids[i], SIGCONT));
		test_end_child(pids[i]);
	}
	pass();
}
