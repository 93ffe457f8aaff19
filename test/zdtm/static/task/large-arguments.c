// SPDX-License-Identifier: GPL-2.0-only
/* A program with a megabyte of arguments and as much of environment: /proc shows them as before, and they can be read.
 *
 * kinds: address_space
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define WORDS 12
#define LENGTH 90000

static uint32_t sum_of(const char *path)
{
	static char buffer[65536];
	int fd = must(open(path, O_RDONLY));
	uint32_t sum = 0;
	ssize_t n;

	while ((n = must(read(fd, buffer, sizeof(buffer)))) > 0)
		for (ssize_t i = 0; i < n; i++)
			sum = sum * 31 + (uint8_t)buffer[i];
	must(close(fd));
	return sum;
}

/* The same program again, with more words behind its own. */
static void execute_with_more(int argc, char **argv)
{
	char **words = calloc(argc + WORDS + 1, sizeof(*words)),
	     **environment = calloc(WORDS + 3, sizeof(*words));
	struct rlimit stack = { RLIM_INFINITY, RLIM_INFINITY };

	must(getrlimit(RLIMIT_STACK, &stack));
	stack.rlim_cur = stack.rlim_max;
	must(setrlimit(RLIMIT_STACK, &stack));
	memcpy(words, argv, argc * sizeof(*words));
	for (int i = 0; i < WORDS; i++) {
		words[argc + i] = malloc(LENGTH);
		environment[i] = malloc(LENGTH);
		memset(words[argc + i], 'a' + i, LENGTH - 1);
		memset(environment[i], 'A' + i, LENGTH - 1);
		words[argc + i][LENGTH - 1] = environment[i][LENGTH - 1] = 0;
		memcpy(environment[i], "V=", 2);
	}
	environment[WORDS] = (char *)"ZDTM_LARGE=1";
	must(execve("/proc/self/exe", words, environment));
}

int main(int argc, char **argv)
{
	uint32_t arguments, environment;

	if (!getenv("ZDTM_LARGE"))
		execute_with_more(argc, argv);
	for (int i = 0; i < argc; i++)
		if (strlen(argv[i]) == LENGTH - 1)
			argc = i;
	test_init(argc, argv);
	arguments = sum_of("/proc/self/cmdline");
	environment = sum_of("/proc/self/environ");
	test_ready();
	test_wait();
	check(sum_of("/proc/self/cmdline") == arguments, "the arguments differ");
	check(sum_of("/proc/self/environ") == environment, "the environment differs");
	pass();
}
