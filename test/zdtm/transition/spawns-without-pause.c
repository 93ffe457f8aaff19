// SPDX-License-Identifier: GPL-2.0-only
/* Two threads start programs by posix_spawn() all the time, which shares the memory until the program is executed; their
 * output comes through pipes, whole, with the right status.
 *
 * flavours: host ns
 * iterations: 10
 * not-compared: children descriptors mappings pending
 */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int count_of(const char *text)
{
	printf("number %s", text);
	fflush(stdout);
	return atoi(text) % 100;
}

static void spawn(int number)
{
	char text[16], line[64] = "", expected[64];
	char *argv[] = { "spawned", text, NULL }, *environment[] = { NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], status, error;
	size_t length = 0;
	ssize_t n;
	pid_t pid;

	snprintf(text, sizeof(text), "%d", number);
	snprintf(expected, sizeof(expected), "number %d", number);
	must(pipe2(ends, O_CLOEXEC));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	error = posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, environment);
	check(!error, "posix_spawn: %s", strerror(error));
	posix_spawn_file_actions_destroy(&actions);
	must(close(ends[1]));
	while ((n = must(read(ends[0], line + length, sizeof(line) - 1 - length))) > 0)
		length += n;
	must(close(ends[0]));
	must(waitpid(pid, &status, 0));
	check(!strcmp(line, expected), "'%s' came instead of '%s'", line, expected);
	check(WIFEXITED(status) && WEXITSTATUS(status) == number % 100, "%d: status %#x", number, status);
}

static void *spawner(void *arg)
{
	for (int number = *(int *)arg; !test_stopped(); number += 2)
		spawn(number);
	return NULL;
}

int main(int argc, char **argv)
{
	int first[2] = { 0, 1 };
	pthread_t thread;

	if (argc == 2 && !strcmp(argv[0], "spawned"))
		return count_of(argv[1]);
	test_init(argc, argv);
	check(!pthread_create(&thread, NULL, spawner, &first[1]), "no thread");
	test_ready();
	spawner(&first[0]);
	pthread_join(thread, NULL);
	pass();
}
