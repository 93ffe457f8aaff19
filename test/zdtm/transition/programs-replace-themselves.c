// SPDX-License-Identifier: GPL-2.0-only
/* Two children execute their program anew all the time, one from its only thread, one from a second thread that thereby
 * becomes the leader; they count in an argument, and a descriptor and an environment go from each to the next.
 *
 * flavours: host ns
 * iterations: 10
 * not-compared: children threads mappings
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* argv: program, "replaced", whether by a thread, number, descriptor of the counts. */
static char *words[6];

static void *replace(void *arg)
{
	static char text[32], *environment[2] = { text };

	snprintf(words[3], 16, "%09d", atoi(words[3]) + 1);
	snprintf(text, sizeof(text), "NUMBER=%s", words[3]);
	execve("/proc/self/exe", words, environment);
	_exit(2);
}

static int replaced(char **argv)
{
	int number = atoi(argv[3]), fd = atoi(argv[4]), last = -1;
	const char *said = getenv("NUMBER");
	pthread_t thread;
	sigset_t pending;

	for (int i = 0; i < 5; i++)
		words[i] = argv[i];
	if (!said || strcmp(said, argv[3]) != 0)
		return 3;
	if (pread(fd, &last, sizeof(last), 0) != sizeof(last) || last != number - 1)
		return 4;
	if (pwrite(fd, &number, sizeof(number), 0) != sizeof(number))
		return 5;
	sigpending(&pending); /* SIGUSR1 is blocked, and stays so */
	if (sigismember(&pending, SIGUSR1))
		return 0;
	if (argv[2][0] == '0')
		replace(NULL);
	if (pthread_create(&thread, NULL, replace, NULL))
		return 6;
	pthread_join(thread, NULL);
	return 7;
}

static pid_t start(char *program, char *by_thread)
{
	static int before = -1;
	char name[] = "counts-?", fd[16], number[] = "000000000";
	char *arguments[] = { program, "replaced", by_thread, number, fd, NULL };
	char *environment[] = { "NUMBER=000000000", NULL };
	FILE *file;
	pid_t pid;

	name[7] = by_thread[0];
	file = fopen(name, "w+");
	check(file, "no file");
	check(write(fileno(file), &before, sizeof(before)) == sizeof(before), "short write");
	snprintf(fd, sizeof(fd), "%d", fileno(file));
	pid = must(fork());
	if (!pid) {
		execve("/proc/self/exe", arguments, environment);
		_exit(1);
	}
	fclose(file);
	return pid;
}

int main(int argc, char **argv)
{
	pid_t pid[2];
	sigset_t set;
	int status;

	if (argc == 5 && !strcmp(argv[1], "replaced"))
		return replaced(argv);
	test_init(argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	pid[0] = start(argv[0], "0");
	pid[1] = start(argv[0], "1");
	test_ready();
	test_wait();
	for (int i = 0; i < 2; i++) {
		must(kill(pid[i], SIGUSR1));
		must(waitpid(pid[i], &status, 0));
		check(WIFEXITED(status) && !WEXITSTATUS(status), "child %d ended with status %#x", i, status);
	}
	pass();
}
